import { geminiEmbeddings } from "../dialects/gemini/embeddings.ts";
import { gemini as geminiDialect } from "../dialects/gemini/gemini.ts";
import { checkOptions, createProvider } from "./create-provider.ts";
import type { Environment } from "./environment.ts";
import type { ProviderDefinition } from "./provider-row.ts";
import type { Provider, ProviderOptions } from "./provider.ts";

export const geminiDefinition: ProviderDefinition = {
  id: "gemini",
  telemetryName: "gcp.gemini",
  dialect: geminiDialect,
  embeddings: geminiEmbeddings,
  baseURL: "https://generativelanguage.googleapis.com/v1beta",
  auth: { type: "header", name: "x-goog-api-key" },
  keyVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
  baseURLVariables: ["GEMINI_BASE_URL", "GOOGLE_GEMINI_BASE_URL"],
  basePath: "/v1beta",
};

/**
 * Google's Gemini API. `baseURL` ends in `/v1beta`; the variable `GEMINI_BASE_URL` may leave that out.
 *
 * @throws TypeError for an option that cannot be, or where there is no key.
 */
export const gemini = (options: ProviderOptions = {}): Provider => geminiFrom(process.env, options);

/** `gemini()` in an environment of one's own. */
export const geminiFrom = (environment: Environment, options: ProviderOptions = {}): Provider => {
  checkOptions(options, "gemini()");
  return createProvider(geminiDefinition, options, environment, "gemini()");
};
