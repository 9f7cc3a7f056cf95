import type { BackDialect } from "../dialects/dialect.ts";
import { quirkNames, type Quirks } from "../dialects/quirks.ts";
import { hostToURL, resolveBaseURL, withBasePath } from "./base-url.ts";
import { catalogModels } from "./catalog.ts";
import { declareModels } from "./declared-models.ts";
import { resolveHeaders } from "./provider-headers.ts";
import type { ApiKey, Auth, DialectOfModel, Provider, ProviderOptions } from "./provider.ts";

/** Environment variables: `process.env`, or what a test puts in its place. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything about a provider, as data. */
export interface ProviderRow {
  readonly id: string;
  /** `gen_ai.provider.name`, where the convention has one for it. @default the configured id in lower snake case */
  readonly telemetryName?: string;
  readonly baseURL: string;
  /** @default bearer */
  readonly auth?: Auth;
  /** Variables that hold its key, best first. One of them set switches it on in `providersFromEnv`. */
  readonly keyVariables: readonly string[];
  /** Variables that may hold its key but are there for other things too: they are read, but switch nothing on. */
  readonly sharedKeyVariables?: readonly string[];
  /** Variables that hold its address. @default the id in upper snake case with `_BASE_URL` */
  readonly baseURLVariables?: readonly string[];
  /** Variable of the form `host:port` that says where it runs. */
  readonly hostVariable?: string;
  /** What people leave out of those variables, because the provider's own software appends it: `/v1`. */
  readonly basePath?: string;
  /** Runs on the user's machine, needs no key, and is on when a variable says where it is. */
  readonly local?: true;
  /** @default OpenAI's chat dialect */
  readonly dialect?: BackDialect;
  /** How it is asked for embeddings; absent where it has none. */
  readonly embeddings?: BackDialect;
  /** For a provider whose models speak several dialects: that of a model, where it is not `dialect`. */
  readonly dialectOfModel?: DialectOfModel;
  readonly quirks?: Quirks;
}

export interface ProviderDefinition extends ProviderRow {
  readonly dialect: BackDialect;
}

/** Options of every factory. A factory with more of them names those as well. */
const commonOptions = ["id", "apiKey", "baseURL", "allowHttp", "headers", "models", "quirks"] as const;

/**
 * Makes a provider of what is known of it and what the user says.
 *
 * @throws TypeError naming the option or variable at fault and how to mend it; also where a needed key is missing.
 */
export const createProvider = (
  definition: ProviderDefinition,
  options: ProviderOptions,
  environment: Environment,
  factory: string,
): Provider => {
  const { dialect, embeddings, dialectOfModel, local } = definition;
  const id = resolveId(options.id ?? definition.id, factory);
  const apiKey = resolveKey(definition, options.apiKey, environment, factory);
  if (apiKey === undefined && local !== true && definition.auth?.type !== "signature") {
    throw new TypeError(`${factory} needs \`apiKey\` or ${keyVariablesOf(definition).join(" or ")}.`);
  }
  return {
    id,
    telemetryName: definition.telemetryName ?? toTelemetryName(id),
    dialect,
    ...(embeddings === undefined ? {} : { embeddings }),
    ...(dialectOfModel === undefined ? {} : { dialectOfModel }),
    baseURL: baseURLOf(definition, options, environment, factory),
    auth: authOf(definition, apiKey !== undefined),
    ...(apiKey === undefined ? {} : { apiKey }),
    headers: resolveHeaders(options.headers ?? {}, factory),
    quirks: resolveQuirks(definition.quirks, options.quirks, factory),
    models: declareModels(catalogModels(definition.id), options.models, factory),
  };
};

const authOf = ({ auth = { type: "bearer" } }: ProviderRow, hasKey: boolean): Auth =>
  hasKey || auth.type === "signature" ? auth : { type: "none" };

/** Whether the environment asks for a provider: its key is there or, for a local one, its address. */
export const isConfigured = (row: ProviderRow, environment: Environment): boolean => {
  const variables = row.local === true ? addressVariablesOf(row) : row.keyVariables;
  return variables.some((name) => readVariable(environment, name) !== undefined);
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
  return { ...known, ...corrections };
};

/** An id as telemetry writes provider names that the convention does not list. */
export const toTelemetryName = (id: string): string => id.replaceAll(/[.-]/g, "_");

/** The key in a closure, so that printing a provider cannot show it; `undefined` where none was given. */
export const toKeySource = (apiKey: ApiKey | undefined, factory: string, hint: string): Provider["apiKey"] => {
  if (apiKey === undefined) return undefined;
  if (typeof apiKey === "function") return () => apiKey();
  if (typeof apiKey !== "string" || !isKey(apiKey)) {
    throw new TypeError(
      `\`apiKey\` of ${factory} must be a key without spaces and line breaks, or a function that gives one` +
        `${apiKey === "" ? ", but it is empty" : ""}.${hint}`,
    );
  }
  return () => apiKey;
};

const isKey = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);

const resolveKey = (
  row: ProviderRow,
  apiKey: ApiKey | undefined,
  environment: Environment,
  factory: string,
): Provider["apiKey"] => {
  const variables = keyVariablesOf(row);
  if (apiKey !== undefined) {
    const hint = variables.length === 0 ? "" : ` Leave it out to take ${variables.join(" or ")} from the environment.`;
    return toKeySource(apiKey, factory, hint);
  }
  for (const name of variables) {
    const key = readVariable(environment, name);
    if (key === undefined) continue;
    if (!isKey(key)) throw new TypeError(`${name} must be a key without spaces and line breaks.`);
    return () => key;
  }
  return undefined;
};

const baseURLOf = (row: ProviderRow, options: ProviderOptions, environment: Environment, factory: string): string => {
  const allowHttp = options.allowHttp === true;
  if (options.baseURL !== undefined) {
    return resolveBaseURL(options.baseURL, { name: `\`baseURL\` of ${factory}`, allowHttp });
  }
  for (const name of addressVariablesOf(row)) {
    const value = readVariable(environment, name);
    if (value === undefined) continue;
    const url = name === row.hostVariable ? hostToURL(value, new URL(row.baseURL).port) : value;
    const resolved = resolveBaseURL(url, { name, allowHttp });
    return row.basePath === undefined ? resolved : withBasePath(resolved, row.basePath);
  }
  return row.baseURL;
};

/** Variables that may hold a provider's key, best first. */
export const keyVariablesOf = (row: ProviderRow): readonly string[] => [
  ...row.keyVariables,
  ...(row.sharedKeyVariables ?? []),
];

/** Variables that may say where a provider is, best first. */
export const addressVariablesOf = (row: ProviderRow): readonly string[] => {
  const variables = row.baseURLVariables ?? [`${row.id.toUpperCase().replaceAll("-", "_")}_BASE_URL`];
  return row.hostVariable === undefined ? variables : [...variables, row.hostVariable];
};

/** A variable that is set to nothing is not set: that is how shells and compose files unset one. */
export const readVariable = (environment: Environment, name: string): string | undefined => {
  const value = environment[name]?.trim();
  return value === "" ? undefined : value;
};
