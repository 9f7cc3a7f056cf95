import { openaiChat } from "../dialects/openai-chat/openai-chat.ts";
import { openaiEmbeddings } from "../dialects/openai-embeddings/openai-embeddings.ts";
import { resolveBaseURL } from "./base-url.ts";
import { checkOptions, createProvider, resolveId, type RowOptions } from "./create-provider.ts";
import { providerOfRow } from "./define-provider.ts";
import type { Environment } from "./environment.ts";
import { checkKeyAuth } from "./key-auth.ts";
import type { ProviderDefinition } from "./provider-row.ts";
import type { KeyAuth, Provider, ProviderOptions } from "./provider.ts";
import { providerTable } from "./table.ts";

export interface OpenaiCompatibleOptions extends ProviderOptions, Pick<RowOptions, "api"> {
  readonly id: string;
  /** What the dialect's paths are appended to: `/chat/completions`, or `/responses` or `/messages` as `api` says. */
  readonly baseURL: string;
  /** How the server wants to be shown the key. @default bearer, or nothing where there is no key */
  readonly auth?: KeyAuth;
}

/**
 * Any server that speaks OpenAI's chat dialect, or OpenAI Responses or Anthropic Messages. Nothing is taken for granted
 * of it: a stream may end without `[DONE]`, and the catalog knows none of its models. `models` and `quirks` say more.
 *
 * @throws TypeError for an option that cannot be.
 */
export const openaiCompatible = (options: OpenaiCompatibleOptions): Provider => {
  const factory = "openaiCompatible()";
  checkOptions(options, factory, ["auth", "api"]);
  const { auth, baseURL, ...common } = options;
  const definition: ProviderDefinition = {
    id: resolveId(options.id, factory),
    dialect: openaiChat,
    embeddings: openaiEmbeddings,
    // Once more with the options; where it is missing, this says so.
    baseURL: resolveBaseURL(baseURL, { name: `\`baseURL\` of ${factory}`, allowHttp: options.allowHttp === true }),
    apis: ["responses", "messages"],
    keyVariables: [],
    local: true,
    auth: checkAuth(auth, options.apiKey !== undefined, factory),
    quirks: { doneMarker: "optional" },
  };
  return createProvider(definition, common, {}, factory, new Map());
};

const checkAuth = (auth: KeyAuth | undefined, hasKey: boolean, factory: string): KeyAuth => {
  if (auth === undefined) return { type: "bearer" };
  const checked = checkKeyAuth(auth, factory);
  if (hasKey || checked.type === "none") return checked;
  throw new TypeError(`\`auth\` of ${factory} says how to show a key: give it an \`apiKey\` as well.`);
};

const rows = new Map(providerTable.map((row) => [row.id, row]));

/**
 * A provider of the table, by its id: `provider("groq")`.
 *
 * @throws TypeError for an id that is not in the table, an option that cannot be, or where a needed key is missing.
 */
export const provider = (id: string, options: RowOptions = {}): Provider => providerFrom(process.env, id, options);

/** `provider(id)` in an environment of one's own. */
export const providerFrom = (environment: Environment, id: string, options: RowOptions = {}): Provider => {
  const row = rows.get(id);
  if (row === undefined) {
    const known = [...rows.keys()].join(", ");
    throw new TypeError(
      `provider() knows no ${JSON.stringify(id)}; it knows ${known}. For other servers there is openaiCompatible().`,
    );
  }
  return providerOfRow(row, options, environment, `provider(${JSON.stringify(id)})`);
};
