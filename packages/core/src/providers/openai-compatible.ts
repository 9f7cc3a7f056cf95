import { openaiChat } from "../dialects/openai-chat/openai-chat.ts";
import { resolveBaseURL } from "./base-url.ts";
import {
  checkOptions,
  createProvider,
  resolveId,
  resolveQuirks,
  toKeySource,
  toTelemetryName,
  type Environment,
} from "./create-provider.ts";
import { declareModels } from "./declared-models.ts";
import { isHeaderName, resolveHeaders } from "./provider-headers.ts";
import type { KeyAuth, Provider, ProviderOptions } from "./provider.ts";
import { providerTable } from "./table.ts";

export interface OpenaiCompatibleOptions extends ProviderOptions {
  readonly id: string;
  /** What `/chat/completions` is appended to. */
  readonly baseURL: string;
  /** How the server wants to be shown the key. @default bearer, or nothing where there is no key */
  readonly auth?: KeyAuth;
}

/**
 * Any server that speaks OpenAI's chat dialect. Nothing is taken for granted of it: a stream may end without `[DONE]`,
 * and the catalog knows none of its models. `models` and `quirks` say more.
 *
 * @throws TypeError for an option that cannot be.
 */
export const openaiCompatible = (options: OpenaiCompatibleOptions): Provider => {
  const factory = "openaiCompatible()";
  checkOptions(options, factory, ["auth"]);
  const id = resolveId(options.id, factory);
  const apiKey = toKeySource(options.apiKey, factory, " Leave it out where the server asks for none.");
  const allowHttp = options.allowHttp === true;
  return {
    id,
    telemetryName: toTelemetryName(id),
    dialect: openaiChat,
    baseURL: resolveBaseURL(options.baseURL, { name: `\`baseURL\` of ${factory}`, allowHttp }),
    auth: resolveAuth(options.auth, apiKey !== undefined, factory),
    ...(apiKey === undefined ? {} : { apiKey }),
    headers: resolveHeaders(options.headers ?? {}, factory),
    quirks: resolveQuirks({ doneMarker: "optional" }, options.quirks, factory),
    models: declareModels(new Map(), options.models, factory),
  };
};

const resolveAuth = (auth: KeyAuth | undefined, hasKey: boolean, factory: string): KeyAuth => {
  if (auth === undefined) return { type: hasKey ? "bearer" : "none" };
  const type: unknown = auth.type;
  if (type !== "bearer" && type !== "header" && type !== "none") {
    throw new TypeError(`\`auth.type\` of ${factory} must be "bearer", "header" or "none".`);
  }
  if (auth.type === "none") return auth;
  if (!hasKey) throw new TypeError(`\`auth\` of ${factory} says how to show a key: give it an \`apiKey\` as well.`);
  if (auth.type === "bearer") return auth;
  if (!isHeaderName(auth.name)) throw new TypeError(`\`auth.name\` of ${factory} must be a header's name.`);
  if (auth.scheme !== undefined && !isHeaderName(auth.scheme)) {
    throw new TypeError(`\`auth.scheme\` of ${factory} must be a word like "Api-Key".`);
  }
  return { ...auth, name: auth.name.toLowerCase() };
};

const rows = new Map(providerTable.map((row) => [row.id, row]));

/**
 * A provider of the table, by its id: `provider("groq")`.
 *
 * @throws TypeError for an id that is not in the table, an option that cannot be, or where a needed key is missing.
 */
export const provider = (id: string, options: ProviderOptions = {}): Provider => providerFrom(process.env, id, options);

/** `provider(id)` in an environment of one's own. */
export const providerFrom = (environment: Environment, id: string, options: ProviderOptions = {}): Provider => {
  const row = rows.get(id);
  if (row === undefined) {
    const known = [...rows.keys()].join(", ");
    throw new TypeError(
      `provider() knows no ${JSON.stringify(id)}; it knows ${known}. For other servers there is openaiCompatible().`,
    );
  }
  const factory = `provider(${JSON.stringify(id)})`;
  checkOptions(options, factory);
  return createProvider({ dialect: openaiChat, ...row }, options, environment, factory);
};
