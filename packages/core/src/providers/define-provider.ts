import { checkKnown } from "../check-options.ts";
import { openaiChat } from "../dialects/openai-chat/openai-chat.ts";
import { resolveBaseURL } from "./base-url.ts";
import { checkOptions, createProvider, resolveId, resolveQuirks, type RowOptions } from "./create-provider.ts";
import type { Environment } from "./environment.ts";
import { checkKeyAuth } from "./key-auth.ts";
import type { ProviderRow } from "./provider-row.ts";
import type { Provider } from "./provider.ts";

/**
 * Makes a factory of a provider that is described as data, as those of the table are: another OpenAI-compatible
 * provider takes no code.
 *
 * @example const acme = defineProvider({ id: "acme", baseURL: "https://api.acme.example/v1", keyVariables: ["ACME_KEY"] });
 * @throws TypeError for a row that cannot be; the factory for an option that cannot be, or where a needed key is missing.
 */
export const defineProvider = (row: ProviderRow): ((options?: RowOptions) => Provider) => {
  checkRow(row);
  return (options = {}) => providerOfRow(row, options, process.env, `${row.id}()`);
};

/** A provider of a row, in an environment of one's own. */
export const providerOfRow = (
  row: ProviderRow,
  options: RowOptions,
  environment: Environment,
  factory: string,
): Provider => {
  const more = [...(row.apis === undefined ? [] : ["api"]), ...(row.addressParts === undefined ? [] : ["address"])];
  checkOptions(options, factory, more);
  return createProvider({ dialect: openaiChat, ...row }, options, environment, factory);
};

// A record, so that the compiler asks for every field that is added.
const fields: Readonly<Record<keyof ProviderRow, true>> = {
  id: true,
  telemetryName: true,
  baseURL: true,
  addressParts: true,
  query: true,
  auth: true,
  keyVariables: true,
  sharedKeyVariables: true,
  baseURLVariables: true,
  hostVariable: true,
  basePath: true,
  local: true,
  dialect: true,
  apis: true,
  embeddings: true,
  dialectOfModel: true,
  quirks: true,
};

/** @throws TypeError for a row that would fail later, or in silence. */
const checkRow = (row: ProviderRow): void => {
  const owner = "defineProvider";
  checkKnown(row, owner, Object.keys(fields));
  const factory = `${owner}()`;
  resolveId(row.id, factory);
  const given: unknown = row.baseURL;
  const parts = Object.keys(row.addressParts ?? {});
  const filled = typeof given === "string" ? parts.reduce((url, part) => url.replace(`{${part}}`, "part"), given) : "";
  const baseURL = resolveBaseURL(filled, { name: `\`baseURL\` of ${factory}`, allowHttp: row.local === true });
  if (baseURL !== filled || /[{}]/.test(filled)) {
    throw new TypeError(
      `\`baseURL\` of ${factory} must be a plain URL without a slash at its end, and each of its parts in braces a name ` +
        "in `addressParts`.",
    );
  }
  if (!Array.isArray(row.keyVariables)) {
    throw new TypeError(
      `\`keyVariables\` of ${factory} must be an array of variable names; empty where there is none.`,
    );
  }
  if (row.auth !== undefined && row.auth.type !== "credentials") checkKeyAuth(row.auth, factory);
  resolveQuirks(undefined, row.quirks, factory);
};
