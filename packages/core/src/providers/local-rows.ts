import { openaiEmbeddings } from "../dialects/openai-embeddings/openai-embeddings.ts";
import type { ProviderRow } from "./provider-row.ts";

const lenient = { doneMarker: "optional" } as const;

const rows: readonly ProviderRow[] = [
  {
    id: "vllm",
    embeddings: openaiEmbeddings,
    baseURL: "http://127.0.0.1:8000/v1",
    keyVariables: ["VLLM_API_KEY"],
    apis: ["responses", "messages"],
    quirks: { ...lenient, noNullFields: true },
  },
  {
    id: "llamacpp",
    embeddings: openaiEmbeddings,
    baseURL: "http://127.0.0.1:8080/v1",
    keyVariables: ["LLAMACPP_API_KEY"],
    apis: ["responses", "messages"],
    quirks: lenient,
  },
  {
    id: "lmstudio",
    embeddings: openaiEmbeddings,
    baseURL: "http://127.0.0.1:1234/v1",
    keyVariables: ["LMSTUDIO_API_KEY"],
    apis: ["responses", "messages"],
    quirks: lenient,
  },
  {
    id: "mistralrs",
    embeddings: openaiEmbeddings,
    baseURL: "http://127.0.0.1:1234/v1",
    keyVariables: ["MISTRALRS_API_KEY"],
    apis: ["responses"],
    quirks: { ...lenient, reasoningField: "reasoning_content" },
  },
  {
    id: "gpustack",
    embeddings: openaiEmbeddings,
    baseURL: "http://127.0.0.1/v1",
    keyVariables: ["GPUSTACK_API_KEY"],
    baseURLVariables: ["GPUSTACK_BASE_URL", "GPUSTACK_API_BASE"],
    apis: ["messages"],
    quirks: { ...lenient, reasoningField: "reasoning_content" },
  },
  {
    id: "sglang",
    embeddings: openaiEmbeddings,
    baseURL: "http://127.0.0.1:30000/v1",
    keyVariables: ["SGLANG_API_KEY"],
    quirks: lenient,
  },
  {
    id: "litellm",
    embeddings: openaiEmbeddings,
    baseURL: "http://127.0.0.1:4000/v1",
    keyVariables: ["LITELLM_API_KEY", "LITELLM_PROXY_API_KEY"],
    baseURLVariables: ["LITELLM_BASE_URL", "LITELLM_PROXY_API_BASE"],
    quirks: { ...lenient, cacheControl: true },
  },
];

/** Servers on the user's own machine, each at the port it listens on when nobody says otherwise. */
export const localRows: readonly ProviderRow[] = rows.map((row) => ({ ...row, local: true, basePath: "/v1" }));
