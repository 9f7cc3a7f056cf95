/** Where a provider's models are in the list, and which of its names are the provider's own. */
export interface Source {
  /** Values of the list's `litellm_provider`. */
  readonly names: readonly string[];
  /** What the list puts before the provider's own model names. */
  readonly prefix?: string;
  /** Names without the prefix are the provider's own as well, and not size buckets or the list's inventions. */
  readonly bare?: true;
  /** Shape of the provider's names, where the list has short forms besides. */
  readonly shape?: RegExp;
  /** Prefix of rows for the same models behind the same API elsewhere: abilities that only those state hold here too. */
  readonly twin?: string;
  /** Models for which a price of zero is true. */
  readonly free?: RegExp;
  /** It has OpenAI's Responses beside its chat, and models that only one of them serves. */
  readonly responses?: true;
}

/** By the provider's id in the gateway. */
export const sources: Readonly<Record<string, Source>> = {
  // Names of fine-tuned models go on after `ft:model`: no model is called just that.
  openai: { names: ["openai"], bare: true, shape: /^(?!ft:)/, responses: true },
  anthropic: { names: ["anthropic"], bare: true, twin: "azure_ai/" },
  gemini: { names: ["gemini"], prefix: "gemini/", bare: true },
  mistral: { names: ["mistral"], prefix: "mistral/" },
  groq: { names: ["groq"], prefix: "groq/" },
  deepseek: { names: ["deepseek"], prefix: "deepseek/", bare: true },
  xai: { names: ["xai"], prefix: "xai/" },
  openrouter: { names: ["openrouter"], prefix: "openrouter/", free: /(:|\/)free$/ },
  together: { names: ["together_ai"], prefix: "together_ai/", free: /-Free$/ },
  fireworks: { names: ["fireworks_ai", "fireworks_ai-embedding-models"], prefix: "fireworks_ai/", shape: /\// },
  cerebras: { names: ["cerebras"], prefix: "cerebras/" },
  perplexity: { names: ["perplexity"], prefix: "perplexity/" },
  moonshot: { names: ["moonshot"], prefix: "moonshot/" },
  zai: { names: ["zai"], prefix: "zai/", free: /-flash$/ },
  alibaba: { names: ["dashscope"], prefix: "dashscope/" },
  minimax: { names: ["minimax"], prefix: "minimax/" },
  volcengine: { names: ["volcengine"], prefix: "volcengine/", bare: true },
  deepinfra: { names: ["deepinfra"], prefix: "deepinfra/" },
  sambanova: { names: ["sambanova"], prefix: "sambanova/" },
  novita: { names: ["novita"], prefix: "novita/" },
  hyperbolic: { names: ["hyperbolic"], prefix: "hyperbolic/" },
  baseten: { names: ["baseten"], prefix: "baseten/" },
  friendli: { names: ["friendliai"], prefix: "friendliai/" },
  nscale: { names: ["nscale"], prefix: "nscale/" },
  lambda: { names: ["lambda_ai"], prefix: "lambda_ai/" },
  scaleway: { names: ["scaleway"], prefix: "scaleway/" },
  ai21: { names: ["ai21"], bare: true },
  "meta-llama": { names: ["meta_llama"], prefix: "meta_llama/" },
  cohere: { names: ["cohere", "cohere_chat"], prefix: "cohere/", bare: true },
  crusoe: { names: ["crusoe"], prefix: "crusoe/" },
  vercel: { names: ["vercel_ai_gateway"], prefix: "vercel_ai_gateway/" },
  // Names with a slash are those of a region, or of a deployment type, at another price.
  azure: { names: ["azure"], prefix: "azure/", shape: /^(?!container$)[^/]+$/, responses: true },
  "azure-anthropic": { names: ["azure_ai"], prefix: "azure_ai/", shape: /^claude/ },
  "azure-inference": { names: ["azure_ai"], prefix: "azure_ai/", shape: /^(?!claude)/ },
  bedrock: { names: ["bedrock_converse", "bedrock"], bare: true, shape: /^[^/]+$/ },
  "bedrock-mantle": { names: ["bedrock_mantle"], prefix: "bedrock_mantle/" },
  vertex: {
    names: [
      "vertex_ai-language-models",
      "vertex_ai-anthropic_models",
      "vertex_ai-embedding-models",
      "vertex_ai-llama_models",
      "vertex_ai-qwen_models",
      "vertex_ai-deepseek_models",
      "vertex_ai-openai_models",
      "vertex_ai-zai_models",
      "vertex_ai-minimax_models",
      "vertex_ai-moonshot_models",
      "vertex_ai",
    ],
    prefix: "vertex_ai/",
    bare: true,
  },
  databricks: { names: ["databricks"], prefix: "databricks/" },
  snowflake: { names: ["snowflake"], prefix: "snowflake/" },
  cloudflare: { names: ["cloudflare"], prefix: "cloudflare/" },
  heroku: { names: ["heroku"], prefix: "heroku/" },
  nebius: { names: ["nebius"], prefix: "nebius/" },
  ovhcloud: { names: ["ovhcloud"], prefix: "ovhcloud/" },
  gmi: { names: ["gmi"], prefix: "gmi/" },
  inception: { names: ["inception"], prefix: "inception/" },
  publicai: { names: ["publicai"], prefix: "publicai/" },
  voyage: { names: ["voyage"], prefix: "voyage/" },
  // Names in `-cloud` run at the vendor's, on a subscription.
  ollama: { names: ["ollama"], prefix: "ollama/", free: /^(?!.*-cloud$)/ },
};

/** Rows that are wrong as they stand. */
export const wrong: ReadonlyMap<string, string> = new Map([
  ["gemini/gemini-1.5-flash", "a retired chat model described as an embedding model"],
  ["fireworks_ai/accounts/fireworks/models/flux-1-dev-controlnet-union", "draws images"],
]);
