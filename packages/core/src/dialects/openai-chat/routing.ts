import type { RoutingPreferences } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import type { Json } from "../dialect.ts";
import {
  invalidValue,
  isObject,
  present,
  readArray,
  readBoolean,
  readObject,
  readString,
  readStrings,
  restOf,
} from "../fields.ts";

/** Fields of OpenRouter's that speak to a gateway, not to a model. */
export const extensionFields: ReadonlySet<string> = new Set([
  "models",
  "provider",
  "route",
  "session_id",
  "transforms",
  "usage",
]);

const providerFields: ReadonlySet<string> = new Set([
  "order",
  "only",
  "ignore",
  "sort",
  "max_price",
  "allow_fallbacks",
  "require_parameters",
  "data_collection",
  "zdr",
]);

/** Reads `models` and `provider`; `undefined` where neither says anything. */
export const decodeRouting = (body: Json): RoutingPreferences | undefined => {
  const models = readStrings(body["models"], "models")?.filter((model) => model !== modelOf(body));
  const provider = readObject(body["provider"], "provider") ?? {};
  refuseUnkept(provider);
  const routing = present({
    fallbackModels: models?.length === 0 ? undefined : models,
    order: readStrings(provider["order"], "provider.order"),
    only: readStrings(provider["only"], "provider.only"),
    ignore: readStrings(provider["ignore"], "provider.ignore"),
    sort: readSort(provider["sort"]),
    maxPrice: readMaxPrice(provider["max_price"]),
    allowFallbacks: readBoolean(provider["allow_fallbacks"], "provider.allow_fallbacks"),
    requireParameters: readBoolean(provider["require_parameters"], "provider.require_parameters"),
  });
  return Object.keys(routing).length === 0 ? undefined : routing;
};

/** A promise about data or quality that this gateway can not keep is refused, never passed over. */
const refuseUnkept = (provider: Json): void => {
  const refuse = (name: string, why: string): never => {
    const param = `provider.${name}`;
    throw new GatewayError("invalid_value", `\`${param}\` cannot be honoured: ${why}. Remove it.`, { param });
  };
  const unknown = Object.keys(restOf(provider, providerFields) ?? {})[0];
  if (unknown !== undefined) refuse(unknown, "this gateway has no such preference");
  const { data_collection: collection, zdr } = provider;
  if (collection !== undefined && collection !== null && collection !== "allow") {
    refuse("data_collection", 'the gateway does not know what providers keep, so it can only be "allow"');
  }
  if (readBoolean(zdr, "provider.zdr") === true) {
    refuse("zdr", "the gateway does not know which providers retain no data, so it can only be false");
  }
};

const readSort = (value: unknown): "price" | undefined => {
  if (value === undefined || value === null) return undefined;
  if (value !== "price") throw invalidValue("provider.sort", '"price"', value);
  return value;
};

/** USD per million tokens in the request, nano-dollars per token here. */
const readMaxPrice = (value: unknown): RoutingPreferences["maxPrice"] | undefined => {
  const price = readObject(value, "provider.max_price");
  if (price === undefined) return undefined;
  const unknown = Object.keys(price).find((name) => name !== "prompt" && name !== "completion");
  if (unknown !== undefined) {
    throw invalidValue(
      `provider.max_price.${unknown}`,
      "absent: prices are per token, of `prompt` and `completion`",
      price[unknown],
    );
  }
  return present({
    input: readUsd(price["prompt"], "provider.max_price.prompt"),
    output: readUsd(price["completion"], "provider.max_price.completion"),
  });
};

const readUsd = (value: unknown, param: string): number | undefined => {
  if (value === undefined || value === null) return undefined;
  const usd = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof usd !== "number" || !Number.isFinite(usd) || usd < 0) {
    throw invalidValue(param, "a price in USD per million tokens", value);
  }
  return Math.round(usd * 1000);
};

/** The preferences in OpenRouter's words again. */
export const encodeRouting = ({ fallbackModels, maxPrice, ...routing }: RoutingPreferences): Json => {
  const perMillion = (nano: number | undefined): number | undefined => (nano === undefined ? undefined : nano / 1000);
  const provider = present({
    order: routing.order,
    only: routing.only,
    ignore: routing.ignore,
    sort: routing.sort,
    max_price: maxPrice && present({ prompt: perMillion(maxPrice.input), completion: perMillion(maxPrice.output) }),
    allow_fallbacks: routing.allowFallbacks,
    require_parameters: routing.requireParameters,
  });
  return present({ models: fallbackModels, provider: Object.keys(provider).length === 0 ? undefined : provider });
};

/** The id under which the client groups its requests. */
export const readSession = (value: unknown, param: string): string | undefined => {
  const session = readString(value, param);
  if (session === undefined || (session !== "" && session.length <= 256)) return session;
  throw invalidValue(param, "an id of at most 256 characters", session);
};

/** The model asked for: `model`, or else the first of `models`. */
export const modelOf = (body: Json): unknown => {
  if (body["model"] !== undefined && body["model"] !== null) return body["model"];
  return readArray(body["models"], "models")?.[0];
};

/** Whether `usage: { include: true }` asks for usage and its cost. */
export const wantsCost = (body: Json): boolean =>
  isObject(body["usage"]) && readBoolean(body["usage"]["include"], "usage.include") === true;
