import { ollamaEmbeddings } from "../dialects/ollama/embeddings.ts";
import { ollama as ollamaDialect } from "../dialects/ollama/ollama.ts";
import { checkOptions, createProvider } from "./create-provider.ts";
import type { Environment } from "./environment.ts";
import type { ProviderDefinition } from "./provider-row.ts";
import type { Provider, ProviderOptions } from "./provider.ts";

export const ollamaDefinition: ProviderDefinition = {
  id: "ollama",
  dialect: ollamaDialect,
  embeddings: ollamaEmbeddings,
  baseURL: "http://127.0.0.1:11434",
  keyVariables: ["OLLAMA_API_KEY"],
  hostVariable: "OLLAMA_HOST",
  local: true,
  // Where the server cannot tell thoughts apart, they come in the text, between tags.
  quirks: { thinkTags: true },
};

/**
 * Ollama on this machine, or where `OLLAMA_HOST` says; with a key and `baseURL: "https://ollama.com"`, its hosted models.
 * `baseURL` is the server's address alone, without `/api` or `/v1`.
 *
 * @throws TypeError for an option that cannot be.
 */
export const ollama = (options: ProviderOptions = {}): Provider => ollamaFrom(process.env, options);

/** `ollama()` in an environment of one's own. */
export const ollamaFrom = (environment: Environment, options: ProviderOptions = {}): Provider => {
  checkOptions(options, "ollama()");
  return createProvider(ollamaDefinition, options, environment, "ollama()");
};
