import { openaiEmbeddings } from "../dialects/openai-embeddings/openai-embeddings.ts";
import { anthropicMessages } from "../dialects/anthropic-messages/anthropic-messages.ts";
import { openaiChat } from "../dialects/openai-chat/openai-chat.ts";
import { openaiResponses } from "../dialects/openai-responses/openai-responses.ts";
import { hostedDialect } from "./hosted-dialect.ts";
import type { ProviderRow } from "./provider-row.ts";
import type { DialectOfModel } from "./provider.ts";

const lenient = { doneMarker: "optional" } as const;

const mantleChat = hostedDialect(openaiChat, { placeOf: (path) => `/v1${path}` });
const mantleResponses = hostedDialect(openaiResponses, { placeOf: (path) => `/v1${path}` });
// Newer models of OpenAI speak Responses alone there, and have a place of their own.
const mantleOpenai = hostedDialect(openaiResponses, { placeOf: (path) => `/openai/v1${path}` });

const mantleDialect: DialectOfModel = (model, request) => {
  if (/^openai\.gpt-\d/.test(model)) return mantleOpenai;
  const speaksBoth = /^(openai\.gpt-oss-\d|google\.gemma-4|xai\.grok-4)/.test(model);
  return speaksBoth && request.dialect === openaiResponses.id ? mantleResponses : undefined;
};

/** Platforms where each customer has an address of his own. */
export const cloudRows: readonly ProviderRow[] = [
  {
    id: "azure-anthropic",
    telemetryName: "azure.ai.inference",
    dialect: anthropicMessages,
    baseURL: "https://{resource}.services.ai.azure.com/anthropic/v1",
    addressParts: { resource: ["ANTHROPIC_FOUNDRY_RESOURCE"] },
    auth: { type: "header", name: "x-api-key" },
    keyVariables: ["ANTHROPIC_FOUNDRY_API_KEY"],
    baseURLVariables: ["ANTHROPIC_FOUNDRY_BASE_URL"],
    basePath: "/v1",
  },
  {
    id: "azure-inference",
    telemetryName: "azure.ai.inference",
    baseURL: "https://{resource}.services.ai.azure.com/models",
    addressParts: { resource: [] },
    query: "api-version=2024-05-01-preview",
    auth: { type: "header", name: "api-key" },
    keyVariables: ["AZURE_INFERENCE_CREDENTIAL", "AZURE_AI_API_KEY"],
    baseURLVariables: ["AZURE_INFERENCE_ENDPOINT", "AZURE_AI_API_BASE"],
  },
  {
    id: "bedrock-mantle",
    telemetryName: "aws.bedrock",
    dialect: mantleChat,
    dialectOfModel: mantleDialect,
    baseURL: "https://bedrock-mantle.{region}.api.aws",
    addressParts: { region: ["AWS_REGION", "AWS_DEFAULT_REGION"] },
    keyVariables: ["BEDROCK_MANTLE_API_KEY"],
    // The key of Bedrock itself, which is another provider.
    sharedKeyVariables: ["AWS_BEARER_TOKEN_BEDROCK"],
    quirks: lenient,
  },
  {
    id: "cloudflare",
    embeddings: openaiEmbeddings,
    baseURL: "https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1",
    addressParts: { account: ["CLOUDFLARE_ACCOUNT_ID"] },
    keyVariables: ["CLOUDFLARE_API_KEY"],
    // Opens whatever its owner lets it.
    sharedKeyVariables: ["CLOUDFLARE_API_TOKEN"],
    apis: ["responses"],
  },
  {
    id: "databricks",
    embeddings: openaiEmbeddings,
    baseURL: "https://{host}/serving-endpoints",
    addressParts: { host: ["DATABRICKS_HOST"] },
    keyVariables: ["DATABRICKS_API_KEY"],
    // Opens the whole workspace.
    sharedKeyVariables: ["DATABRICKS_TOKEN"],
    baseURLVariables: ["DATABRICKS_API_BASE"],
    // States usage in every chunk, unasked.
    quirks: { streamUsage: "refused" },
  },
  {
    id: "snowflake",
    baseURL: "https://{account}.snowflakecomputing.com/api/v2/cortex/v1",
    addressParts: { account: ["SNOWFLAKE_ACCOUNT"] },
    keyVariables: ["SNOWFLAKE_PAT"],
    // Those open the account's data as well.
    sharedKeyVariables: ["SNOWFLAKE_TOKEN", "SNOWFLAKE_JWT"],
    apis: ["messages"],
    quirks: {
      maxTokensField: "max_completion_tokens",
      reasoningControl: "object",
      reasoningField: "reasoning_details",
    },
  },
  {
    id: "heroku",
    embeddings: openaiEmbeddings,
    baseURL: "https://us.inference.heroku.com/v1",
    keyVariables: ["HEROKU_INFERENCE_KEY", "INFERENCE_KEY"],
    baseURLVariables: ["HEROKU_INFERENCE_URL", "INFERENCE_URL"],
    basePath: "/v1",
    quirks: { ...lenient, maxTokensField: "either", maxTemperature: 1 },
  },
];
