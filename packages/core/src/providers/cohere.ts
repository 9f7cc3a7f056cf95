import { cohereEmbeddings } from "../dialects/cohere/embeddings.ts";
import { cohere as cohereDialect } from "../dialects/cohere/cohere.ts";
import { checkOptions, createProvider } from "./create-provider.ts";
import type { Environment } from "./environment.ts";
import type { ProviderDefinition } from "./provider-row.ts";
import type { Provider, ProviderOptions } from "./provider.ts";

export const cohereDefinition: ProviderDefinition = {
  id: "cohere",
  telemetryName: "cohere",
  dialect: cohereDialect,
  embeddings: cohereEmbeddings,
  baseURL: "https://api.cohere.com/v2",
  keyVariables: ["COHERE_API_KEY", "CO_API_KEY"],
  baseURLVariables: ["COHERE_BASE_URL", "CO_API_URL"],
  basePath: "/v2",
};

/**
 * Cohere. `baseURL` ends in `/v2`; the variables `COHERE_BASE_URL` and `CO_API_URL` may leave that out.
 *
 * @throws TypeError for an option that cannot be, or where there is no key.
 */
export const cohere = (options: ProviderOptions = {}): Provider => cohereFrom(process.env, options);

/** `cohere()` in an environment of one's own. */
export const cohereFrom = (environment: Environment, options: ProviderOptions = {}): Provider => {
  checkOptions(options, "cohere()");
  return createProvider(cohereDefinition, options, environment, "cohere()");
};
