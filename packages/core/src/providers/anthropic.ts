import { anthropicMessages } from "../dialects/anthropic-messages/anthropic-messages.ts";
import { checkOptions, createProvider } from "./create-provider.ts";
import type { Environment } from "./environment.ts";
import type { ProviderDefinition } from "./provider-row.ts";
import type { Provider, ProviderOptions } from "./provider.ts";

export const anthropicDefinition: ProviderDefinition = {
  id: "anthropic",
  telemetryName: "anthropic",
  dialect: anthropicMessages,
  baseURL: "https://api.anthropic.com/v1",
  auth: { type: "header", name: "x-api-key" },
  keyVariables: ["ANTHROPIC_API_KEY"],
  basePath: "/v1",
};

/**
 * Anthropic. `baseURL` ends in `/v1`; the variable `ANTHROPIC_BASE_URL` may leave that out.
 *
 * @throws TypeError for an option that cannot be, or where there is no key.
 */
export const anthropic = (options: ProviderOptions = {}): Provider => anthropicFrom(process.env, options);

/** `anthropic()` in an environment of one's own. */
export const anthropicFrom = (environment: Environment, options: ProviderOptions = {}): Provider => {
  checkOptions(options, "anthropic()");
  return createProvider(anthropicDefinition, options, environment, "anthropic()");
};
