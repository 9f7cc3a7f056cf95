import {
  anthropic,
  azureOpenai,
  bedrock,
  cohere,
  gemini,
  ollama,
  openai,
  openaiCompatible,
  provider,
  vertex,
  type Provider,
} from "../../src/index.ts";
import type { Recording } from "./fixtures.ts";

interface Setting {
  readonly id: string;
  readonly baseURL: string;
  readonly apiKey: string;
}

type Back = (setting: Setting) => Provider;

/** The API of a provider's that speaks a wire format other than the usual one. */
const apis: Readonly<Record<string, "responses" | "messages">> = {
  "openai-responses": "responses",
  "anthropic-messages": "messages",
};

const onVertex: Back = ({ id, baseURL, apiKey }) => vertex({ id, baseURL, accessToken: apiKey, project: "house" });

/** Providers that have a factory of their own, by their name and the wire format. */
const factories: Readonly<Record<string, Back>> = {
  "openai.openai-chat": (setting) => openai({ ...setting, api: "chat" }),
  "openai.openai-embeddings": openai,
  "openai.openai-responses": (setting) => openai({ ...setting, api: "responses" }),
  "sse.openai-chat": (setting) => openai({ ...setting, api: "chat" }),
  "azure.openai-chat": (setting) => azureOpenai({ ...setting, api: "chat" }),
  "azure.openai-responses": (setting) => azureOpenai({ ...setting, api: "responses" }),
  "anthropic.anthropic-messages": anthropic,
  "vertex.gemini": onVertex,
  "vertex.anthropic-messages": onVertex,
};

/** Rows of the provider table, by the name of the provider and, for rows that are for one wire format, by that. */
const rows: Readonly<Record<string, string>> = {
  alibaba: "alibaba",
  "azure.anthropic-messages": "azure-anthropic",
  "bedrock-mantle.openai-chat": "bedrock-mantle",
  cerebras: "cerebras",
  cloudflare: "cloudflare",
  crusoe: "crusoe",
  databricks: "databricks",
  deepseek: "deepseek",
  doubleword: "doubleword",
  gpustack: "gpustack",
  groq: "groq",
  heroku: "heroku",
  huggingface: "huggingface",
  llamacpp: "llamacpp",
  mistral: "mistral",
  mistralrs: "mistralrs",
  moonshot: "moonshot",
  openresponses: "lmstudio",
  openrouter: "openrouter",
  perplexity: "perplexity",
  snowflake: "snowflake",
  together: "together",
  venice: "venice",
  vllm: "vllm",
  voyage: "voyage",
  xai: "xai",
  zai: "zai",
};

/** Who is asked in a wire format where nothing is known but that. */
const anyones: Readonly<Record<string, Back>> = {
  "openai-chat": openaiCompatible,
  "openai-responses": (setting) => openaiCompatible({ ...setting, api: "responses" }),
  "anthropic-messages": (setting) => openaiCompatible({ ...setting, api: "messages" }),
  gemini,
  "cohere-v2": cohere,
  "ollama-chat": ollama,
  "bedrock-converse": (setting) => bedrock({ ...setting, region: "us-east-1" }),
  "openai-embeddings": openaiCompatible,
  "gemini-embeddings": gemini,
  "cohere-embed": cohere,
  "anthropic-count": anthropic,
  "gemini-count": gemini,
  "bedrock-count": (setting) => bedrock({ ...setting, region: "us-east-1" }),
  "openai-responses-count": (setting) => openai({ ...setting, api: "responses" }),
};

const backOf = ({ provider: name, dialect }: Recording): Back => {
  const factory = factories[`${name}.${dialect}`];
  if (factory !== undefined) return factory;
  const api = apis[dialect];
  const own = rows[`${name}.${dialect}`];
  if (own !== undefined) return (setting) => provider(own, setting);
  const row =
    dialect === "openai-chat" || dialect === "openai-embeddings" || api !== undefined ? rows[name] : undefined;
  if (row !== undefined) return (setting) => provider(row, { ...setting, ...(api === undefined ? {} : { api }) });
  const back = anyones[dialect];
  if (back === undefined) throw new Error(`Nobody is asked in ${dialect}.`);
  return back;
};

/** The id under which the answers of a recording are asked for. */
export const backIdOf = ({ provider: name, dialect }: Recording): string => `${name}.${dialect}`;

/** The providers that these recordings need, at an address that stands for all of them. */
export const backsFor = (recordings: readonly Recording[], baseURL: string): readonly Provider[] => {
  const needed = new Map(recordings.map((recording) => [backIdOf(recording), recording]));
  return [...needed].map(([id, recording]) => backOf(recording)({ id, baseURL, apiKey: "sk-none" }));
};
