import { openaiEmbeddings } from "../dialects/openai-embeddings/openai-embeddings.ts";
import type { ProviderRow } from "./provider-row.ts";

const lenient = { doneMarker: "optional" } as const;

/** Gateways and resellers, behind which are the models of many. */
export const gatewayRows: readonly ProviderRow[] = [
  {
    id: "portkey",
    embeddings: openaiEmbeddings,
    baseURL: "https://api.portkey.ai/v1",
    // Names of models begin with that of an integration: `@openai-prod/gpt-5-mini`.
    auth: { type: "header", name: "x-portkey-api-key" },
    keyVariables: ["PORTKEY_API_KEY"],
    apis: ["responses", "messages"],
    quirks: { ...lenient, maxTokensField: "max_completion_tokens", developerRole: true },
  },
  {
    id: "vercel",
    embeddings: openaiEmbeddings,
    baseURL: "https://ai-gateway.vercel.sh/v1",
    keyVariables: ["AI_GATEWAY_API_KEY"],
    baseURLVariables: ["AI_GATEWAY_BASE_URL"],
    apis: ["responses", "messages"],
    quirks: lenient,
  },
  { id: "tokenmix", baseURL: "https://api.tokenmix.ai/v1", keyVariables: ["TOKENMIX_API_KEY"], quirks: lenient },
  {
    id: "gmi",
    baseURL: "https://api.gmi-serving.com/v1",
    keyVariables: ["GMI_API_KEY", "GMI_CLOUD_API_KEY"],
    quirks: lenient,
  },
];
