import { anthropicMessages } from "../dialects/anthropic-messages/anthropic-messages.ts";
import type { BackDialect } from "../dialects/dialect.ts";
import { openaiResponses } from "../dialects/openai-responses/openai-responses.ts";
import { quirkNames, type Quirks } from "../dialects/quirks.ts";
import { checkOneOf } from "../check-options.ts";
import { catalogModels } from "./catalog.ts";
import { declareModels } from "./declared-models.ts";
import type { Environment } from "./environment.ts";
import { resolveAddress, type AddressOptions } from "./provider-address.ts";
import { resolveHeaders } from "./provider-headers.ts";
import { resolveKey, toKeySource } from "./provider-key.ts";
import { keyVariablesOf, type OtherApi, type ProviderDefinition, type ProviderRow } from "./provider-row.ts";
import type { Provider, ProviderOptions } from "./provider.ts";

/** Options of a provider that is made of a row. */
export interface RowOptions extends ProviderOptions, Pick<AddressOptions, "address"> {
  /** Which of its APIs is spoken. To use several, make providers with different ids. @default "chat" */
  readonly api?: "chat" | OtherApi;
}

/** Options of every factory. A factory with more of them names those as well. */
const commonOptions = ["id", "apiKey", "accessToken", "baseURL", "allowHttp", "headers", "models", "quirks"] as const;

const otherDialects: Readonly<Record<OtherApi, BackDialect>> = {
  responses: openaiResponses,
  messages: anthropicMessages,
};

/**
 * Makes a provider of what is known of it and what the user says.
 *
 * @throws TypeError naming the option or variable at fault and how to mend it; also where a needed key is missing.
 */
export const createProvider = (
  definition: ProviderDefinition,
  options: RowOptions,
  environment: Environment,
  factory: string,
  known: Provider["models"] = catalogModels(definition.id),
): Provider => {
  const { embeddings, dialectOfModel, query } = definition;
  const id = resolveId(options.id ?? definition.id, factory);
  const other = resolveApi(definition, options.api, factory);
  const baseURL = resolveAddress(definition, options, environment, factory);
  return {
    id,
    telemetryName: definition.telemetryName ?? toTelemetryName(id),
    dialect: other ?? definition.dialect,
    ...(embeddings === undefined ? {} : { embeddings }),
    ...(dialectOfModel === undefined || other !== undefined ? {} : { dialectOfModel }),
    baseURL,
    ...(query === undefined ? {} : { query }),
    ...resolveCredentials(definition, options, environment, factory),
    headers: resolveHeaders(options.headers ?? {}, factory),
    quirks: resolveQuirks(definition.quirks, options.quirks, factory),
    models: declareModels(known, options.models, factory),
  };
};

/** The dialect of the API that was asked for, where that is not the row's own. */
const resolveApi = (row: ProviderRow, api: RowOptions["api"], factory: string): BackDialect | undefined => {
  const known = ["chat", ...(row.apis ?? [])] as const;
  if (api === undefined) return undefined;
  checkOneOf(api, `api of ${factory}`, known);
  return api === "chat" ? undefined : otherDialects[api];
};

const resolveCredentials = (
  definition: ProviderDefinition,
  { apiKey, accessToken }: ProviderOptions,
  environment: Environment,
  factory: string,
): Pick<Provider, "auth" | "apiKey"> => {
  const { auth = { type: "bearer" }, local } = definition;
  if (accessToken !== undefined && apiKey !== undefined) {
    throw new TypeError(`${factory} takes one of \`apiKey\` and \`accessToken\`, not both.`);
  }
  const token = toKeySource(accessToken, "accessToken", factory);
  if (token !== undefined) return { auth: { type: "bearer" }, apiKey: token };
  const variables = keyVariablesOf(definition);
  const key = resolveKey(apiKey, { variables, environment }, factory);
  if (key !== undefined) return { auth, apiKey: key };
  if (auth.type === "credentials") return { auth };
  if (local === true) return { auth: { type: "none" } };
  throw new TypeError(`${factory} needs \`apiKey\` or ${variables.join(" or ")}.`);
};

/** Refuses options that do not exist: a misspelt one would otherwise do nothing. */
export const checkOptions = (options: unknown, factory: string, more: readonly string[] = []): void => {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`${factory} takes an object of options.`);
  }
  const known: readonly string[] = [...commonOptions, ...more];
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`${factory} has no option \`${name}\`; it has ${known.join(", ")}.`);
  }
};

/** The id itself. It is the prefix of target names and a label in telemetry, so its letters are few. */
export const resolveId = (id: unknown, factory: string): string => {
  if (typeof id !== "string" || !/^[a-z0-9][a-z0-9._-]{0,63}$/.test(id)) {
    throw new TypeError(
      `\`id\` of ${factory} must be at most 64 lower-case letters, digits, ".", "_" or "-", the first a letter or ` +
        `digit, got ${typeof id === "string" ? JSON.stringify(id.slice(0, 80)) : typeof id}.`,
    );
  }
  return id;
};

/** What is known of a server, with the user's corrections. */
export const resolveQuirks = (known: Quirks | undefined, corrections: Quirks | undefined, factory: string): Quirks => {
  for (const name of Object.keys(corrections ?? {})) {
    if (!quirkNames.includes(name)) {
      throw new TypeError(`\`quirks\` of ${factory} has no \`${name}\`; it has ${quirkNames.join(", ")}.`);
    }
  }
  for (const entry of corrections?.byModel ?? []) {
    if (!(entry.model instanceof RegExp) || typeof entry.quirks !== "object") {
      throw new TypeError(
        `\`quirks.byModel\` of ${factory} must hold entries of a pattern \`model\` and its \`quirks\`.`,
      );
    }
  }
  const { byModel: _byModel, ...general } = corrections ?? {};
  // What the user says of the server holds for every model, also those that are known to differ from the others.
  const byModel =
    corrections?.byModel ?? known?.byModel?.map(({ model, quirks }) => ({ model, quirks: { ...quirks, ...general } }));
  return { ...known, ...general, ...(byModel === undefined ? {} : { byModel }) };
};

/** An id as telemetry writes provider names that the convention does not list. */
const toTelemetryName = (id: string): string => id.replaceAll(/[.-]/g, "_");
