import type { BackDialect } from "../dialects/dialect.ts";
import type { Quirks } from "../dialects/quirks.ts";
import { readFirst, type Environment } from "./environment.ts";
import type { Auth, DialectOfModel } from "./provider.ts";

/** What a provider speaks beside OpenAI's chat dialect, at the same address. */
export type OtherApi = "responses" | "messages";

/** Everything about a provider, as data. */
export interface ProviderRow {
  /** Prefix of its targets, and its name for `provider()`. */
  readonly id: string;
  /** `gen_ai.provider.name`, where the convention has one for it. @default the configured id in lower snake case */
  readonly telemetryName?: string;
  /** What the dialect's paths are appended to. Parts that are the customer's own stand in braces: `{account}`. */
  readonly baseURL: string;
  /** For each part in braces, the variables that may hold it, best first. */
  readonly addressParts?: Readonly<Record<string, readonly string[]>>;
  /** What every address has behind its path: `api-version=2024-10-21`. */
  readonly query?: string;
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
  /** What it also speaks at the same address, for who asks for it by the option `api`. */
  readonly apis?: readonly OtherApi[];
  /** How it is asked for embeddings; absent where it has none. */
  readonly embeddings?: BackDialect;
  /** For a provider whose models speak several dialects: that of a model, where it is not `dialect`. */
  readonly dialectOfModel?: DialectOfModel;
  readonly quirks?: Quirks;
}

export interface ProviderDefinition extends ProviderRow {
  readonly dialect: BackDialect;
}

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

/** Whether the environment asks for a provider: its key is there, and whatever of its address only the customer knows. */
export const isConfigured = (row: ProviderRow, environment: Environment): boolean => {
  const has = (variables: readonly string[]): boolean => readFirst(environment, variables) !== undefined;
  if (row.local === true) return has(addressVariablesOf(row));
  const parts = Object.values(row.addressParts ?? {});
  return has(row.keyVariables) && (parts.every(has) || has(addressVariablesOf(row)));
};
