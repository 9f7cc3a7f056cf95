import { openaiEmbeddings } from "../dialects/openai-embeddings/openai-embeddings.ts";
import { cloudRows } from "./cloud-rows.ts";
import { cohereDefinition } from "./cohere.ts";
import { gatewayRows } from "./gateway-rows.ts";
import { localRows } from "./local-rows.ts";
import { ollamaDefinition } from "./ollama.ts";
import type { ProviderRow } from "./provider-row.ts";

// Whose streams were all seen to end in [DONE] is held to it; of the others a finish reason and a proper end will do.
const lenient = { doneMarker: "optional" } as const;

// What xAI's models that reason refuse.
const reasoningGrok = { unsupported: ["stop", "presence_penalty", "frequency_penalty"] };

const hostedRows: readonly ProviderRow[] = [
  {
    id: "mistral",
    embeddings: openaiEmbeddings,
    telemetryName: "mistral_ai",
    baseURL: "https://api.mistral.ai/v1",
    keyVariables: ["MISTRAL_API_KEY"],
    quirks: {
      streamUsage: "refused",
      requiredToolChoice: "any",
      toolCallIds: "alphanumeric-9",
      messageName: false,
      noEmptyTurns: true,
      noNullFields: true,
      seedField: "random_seed",
      maxTemperature: 1.5,
      cacheKey: true,
      unsupported: ["logprobs", "top_logprobs", "logit_bias", "user", "store"],
      embeddingFields: { dimensions: "output_dimension", tokens: false },
    },
  },
  {
    id: "groq",
    telemetryName: "groq",
    baseURL: "https://api.groq.com/openai/v1",
    keyVariables: ["GROQ_API_KEY"],
    basePath: "/openai/v1",
    apis: ["responses"],
    quirks: {
      maxTokensField: "either",
      messageName: false,
      noNullFields: true,
      unsupported: ["logprobs", "top_logprobs", "logit_bias", "n"],
      wholeFormats: true,
      reasoningControl: "none",
      byModel: [
        { model: /gpt-oss/, quirks: { reasoningControl: "effort", efforts: ["low", "medium", "high"] } },
        { model: /qwen/, quirks: { reasoningControl: "effort", efforts: ["none", "default"] } },
      ],
    },
  },
  {
    id: "deepseek",
    telemetryName: "deepseek",
    baseURL: "https://api.deepseek.com",
    keyVariables: ["DEEPSEEK_API_KEY"],
    apis: ["responses"],
    quirks: {
      stringContent: true,
      jsonSchema: false,
      reasoningControl: "thinking",
      efforts: ["low", "high", "max"],
      reasoningField: "reasoning_content",
      reasoningRequired: "tool-turns",
    },
  },
  {
    id: "xai",
    telemetryName: "x_ai",
    baseURL: "https://api.x.ai/v1",
    keyVariables: ["XAI_API_KEY"],
    apis: ["responses"],
    quirks: {
      maxTokensField: "either",
      reasoningControl: "none",
      byModel: [
        { model: /non-reasoning|image/, quirks: {} },
        { model: /grok-3-mini/, quirks: { ...reasoningGrok, reasoningControl: "effort", efforts: ["low", "high"] } },
        {
          model: /grok-(4\.[3-9]|[5-9]|latest)/,
          quirks: { ...reasoningGrok, reasoningControl: "effort", efforts: ["none", "low", "medium", "high"] },
        },
        { model: /grok-(4|code|build)/, quirks: reasoningGrok },
      ],
    },
  },
  {
    id: "openrouter",
    embeddings: openaiEmbeddings,
    baseURL: "https://openrouter.ai/api/v1",
    keyVariables: ["OPENROUTER_API_KEY"],
    apis: ["responses", "messages"],
    quirks: {
      maxTokensField: "either",
      reasoningControl: "object",
      reasoningField: "reasoning_details",
      cacheControl: true,
      errorsWithStatus200: true,
      openrouterExtensions: true,
      webSearch: { tool: "openrouter:web_search" },
    },
  },
  {
    id: "together",
    embeddings: openaiEmbeddings,
    baseURL: "https://api.together.xyz/v1",
    keyVariables: ["TOGETHER_API_KEY", "TOGETHERAI_API_KEY"],
    // Takes a number where others take true.
    quirks: { unsupported: ["logprobs", "top_logprobs"] },
  },
  {
    id: "fireworks",
    embeddings: openaiEmbeddings,
    baseURL: "https://api.fireworks.ai/inference/v1",
    keyVariables: ["FIREWORKS_API_KEY"],
    apis: ["responses", "messages"],
    quirks: { ...lenient, requiredToolChoice: "any", cacheKey: true },
  },
  {
    id: "cerebras",
    baseURL: "https://api.cerebras.ai/v1",
    keyVariables: ["CEREBRAS_API_KEY"],
    basePath: "/v1",
    quirks: { ...lenient, maxTokensField: "either" },
  },
  {
    id: "perplexity",
    telemetryName: "perplexity",
    baseURL: "https://api.perplexity.ai",
    keyVariables: ["PERPLEXITY_API_KEY", "PPLX_API_KEY"],
    quirks: {
      ...lenient,
      thinkTags: true,
      unsupported: ["tools", "tool_choice", "parallel_tool_calls"],
      webSearch: "options",
    },
  },
  {
    id: "moonshot",
    telemetryName: "moonshot_ai",
    baseURL: "https://api.moonshot.ai/v1",
    keyVariables: ["MOONSHOT_API_KEY"],
    quirks: {
      ...lenient,
      maxTemperature: 1,
      requiredToolChoice: "refused",
      reasoningControl: "thinking",
      reasoningField: "reasoning_content",
      reasoningRequired: "tool-turns",
    },
  },
  {
    id: "zai",
    baseURL: "https://api.z.ai/api/paas/v4",
    keyVariables: ["ZAI_API_KEY", "Z_AI_API_KEY"],
    quirks: {
      maxTemperature: 1,
      requiredToolChoice: "refused",
      namedToolChoice: false,
      jsonSchema: false,
      reasoningControl: "thinking",
      reasoningField: "reasoning_content",
    },
  },
  {
    id: "alibaba",
    embeddings: openaiEmbeddings,
    baseURL: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    keyVariables: ["DASHSCOPE_API_KEY"],
    baseURLVariables: ["DASHSCOPE_BASE_URL"],
    quirks: { ...lenient, reasoningControl: "flag", cacheControl: true },
  },
  {
    id: "minimax",
    baseURL: "https://api.minimax.io/v1",
    keyVariables: ["MINIMAX_API_KEY"],
    quirks: {
      ...lenient,
      thinkTags: true,
      errorsWithStatus200: true,
      maxTemperature: 1,
      reasoningControl: "none",
    },
  },
  {
    id: "volcengine",
    embeddings: openaiEmbeddings,
    baseURL: "https://ark.cn-beijing.volces.com/api/v3",
    keyVariables: ["ARK_API_KEY", "VOLCENGINE_API_KEY"],
    baseURLVariables: ["ARK_BASE_URL", "VOLCENGINE_BASE_URL"],
    apis: ["responses"],
    quirks: { ...lenient, reasoningControl: "thinking" },
  },
  {
    id: "nvidia",
    embeddings: openaiEmbeddings,
    baseURL: "https://integrate.api.nvidia.com/v1",
    keyVariables: ["NVIDIA_API_KEY"],
    quirks: lenient,
  },
  {
    id: "deepinfra",
    embeddings: openaiEmbeddings,
    baseURL: "https://api.deepinfra.com/v1/openai",
    keyVariables: ["DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN"],
    quirks: lenient,
  },
  {
    id: "sambanova",
    embeddings: openaiEmbeddings,
    baseURL: "https://api.sambanova.ai/v1",
    keyVariables: ["SAMBANOVA_API_KEY"],
    quirks: lenient,
  },
  {
    id: "huggingface",
    baseURL: "https://router.huggingface.co/v1",
    keyVariables: ["HF_TOKEN", "HUGGINGFACE_API_KEY"],
    baseURLVariables: ["HUGGINGFACE_BASE_URL"],
    apis: ["responses"],
    quirks: lenient,
  },
  {
    id: "novita",
    embeddings: openaiEmbeddings,
    baseURL: "https://api.novita.ai/v3/openai",
    keyVariables: ["NOVITA_API_KEY"],
    quirks: lenient,
  },
  { id: "hyperbolic", baseURL: "https://api.hyperbolic.xyz/v1", keyVariables: ["HYPERBOLIC_API_KEY"], quirks: lenient },
  { id: "baseten", baseURL: "https://inference.baseten.co/v1", keyVariables: ["BASETEN_API_KEY"], quirks: lenient },
  {
    id: "friendli",
    baseURL: "https://api.friendli.ai/serverless/v1",
    keyVariables: ["FRIENDLI_TOKEN"],
    quirks: lenient,
  },
  {
    id: "nscale",
    baseURL: "https://inference.api.nscale.com/v1",
    keyVariables: ["NSCALE_SERVICE_TOKEN", "NSCALE_API_KEY"],
    quirks: lenient,
  },
  { id: "lambda", baseURL: "https://api.lambda.ai/v1", keyVariables: ["LAMBDA_API_KEY"], quirks: lenient },
  {
    id: "scaleway",
    embeddings: openaiEmbeddings,
    baseURL: "https://api.scaleway.ai/v1",
    keyVariables: ["SCALEWAY_API_KEY"],
    // Opens the whole cloud account and is set wherever that is managed.
    sharedKeyVariables: ["SCW_SECRET_KEY"],
    quirks: lenient,
  },
  {
    id: "venice",
    baseURL: "https://api.venice.ai/api/v1",
    keyVariables: ["VENICE_API_KEY", "VENICE_AI_API_KEY"],
  },
  { id: "ai21", baseURL: "https://api.ai21.com/studio/v1", keyVariables: ["AI21_API_KEY"], quirks: lenient },
  {
    id: "meta-llama",
    baseURL: "https://api.llama.com/compat/v1",
    keyVariables: ["LLAMA_API_KEY"],
    baseURLVariables: ["LLAMA_API_BASE_URL"],
    quirks: lenient,
  },
  cohereDefinition,
  {
    id: "github",
    embeddings: openaiEmbeddings,
    baseURL: "https://models.github.ai/inference",
    keyVariables: ["GITHUB_MODELS_TOKEN"],
    baseURLVariables: ["GITHUB_MODELS_BASE_URL"],
    // There in every build job.
    sharedKeyVariables: ["GITHUB_TOKEN"],
    quirks: lenient,
  },
  {
    id: "crusoe",
    baseURL: "https://api.inference.crusoecloud.com/v1",
    keyVariables: ["CRUSOE_API_KEY"],
    quirks: lenient,
  },
  {
    id: "doubleword",
    embeddings: openaiEmbeddings,
    baseURL: "https://api.doubleword.ai/v1",
    keyVariables: ["DOUBLEWORD_API_KEY"],
    apis: ["messages"],
    quirks: { reasoningField: "reasoning_content" },
  },
  {
    id: "nebius",
    embeddings: openaiEmbeddings,
    baseURL: "https://api.tokenfactory.nebius.com/v1",
    keyVariables: ["NEBIUS_API_KEY"],
    quirks: lenient,
  },
  {
    id: "ovhcloud",
    embeddings: openaiEmbeddings,
    baseURL: "https://oai.endpoints.kepler.ai.cloud.ovh.net/v1",
    keyVariables: ["OVHCLOUD_API_KEY", "OVH_AI_ENDPOINTS_ACCESS_TOKEN"],
    quirks: lenient,
  },
  {
    id: "inception",
    baseURL: "https://api.inceptionlabs.ai/v1",
    keyVariables: ["INCEPTION_API_KEY"],
    quirks: lenient,
  },
  {
    id: "publicai",
    baseURL: "https://api.publicai.co/v1",
    keyVariables: ["PUBLICAI_API_KEY"],
    baseURLVariables: ["PUBLICAI_BASE_URL", "PUBLICAI_API_BASE"],
    quirks: { ...lenient, stringContent: true },
  },
  {
    id: "voyage",
    baseURL: "https://api.voyageai.com/v1",
    keyVariables: ["VOYAGE_API_KEY", "VOYAGEAI_API_KEY"],
    embeddings: openaiEmbeddings,
    // A list of numbers is what it writes where nothing else is asked for, and it has no word for that.
    quirks: {
      embeddingFields: { dimensions: "output_dimension", encoding: false, inputType: "input_type", tokens: false },
    },
  },
];

/**
 * Providers that speak OpenAI's chat dialect, where their row names no other. What differs is a named quirk; where
 * nothing is known to differ, nothing is said. `provider("groq")` makes a provider of a row.
 */
export const providerTable: readonly ProviderRow[] = [
  ...hostedRows,
  ...cloudRows,
  ...gatewayRows,
  ollamaDefinition,
  ...localRows,
];
