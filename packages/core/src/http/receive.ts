import { rememberSource, type ChatRequest, type RequestSource } from "../chat/request.ts";
import type { Address, FrontDialect, Json } from "../dialects/dialect.ts";
import { invalidValue } from "../dialects/fields.ts";
import { GatewayError } from "../errors.ts";
import type { Body, BodyLimits, Incoming } from "./exchange.ts";
import { checkJson, parseJson, type JsonLimits } from "./parse-json.ts";

export type ReceiveLimits = BodyLimits & JsonLimits;

/** Puts into a body what it only refers to; `undefined` where it refers to nothing. */
export type Recall = (body: Json) => Promise<Json> | undefined;

/**
 * Reads a client's request: body within limits, JSON, vocabulary.
 *
 * @param recall Given for dialects whose requests may refer to earlier ones.
 * @throws GatewayError with the status and field of whatever is wrong with it.
 */
export const receive = (
  incoming: Incoming,
  dialect: FrontDialect,
  limits: ReceiveLimits,
  address?: Address,
  recall?: Recall,
): Promise<ChatRequest> => {
  const understand = (body: Body): ChatRequest | Promise<ChatRequest> => {
    checkContentType(incoming);
    if (body.type === "bytes" && body.isDecoded !== true) checkContentEncoding(incoming);
    const json = body.type === "bytes" ? parseJson(body.bytes, limits) : checkJson(body.value, limits);
    const remember = (request: ChatRequest, source: Omit<RequestSource, "dialect" | "body">): ChatRequest => {
      rememberSource(request, { dialect: dialect.id, body: json, ...source });
      return request;
    };
    const recalled = recall?.(json);
    if (recalled !== undefined) {
      return recalled.then((whole) => remember(decode(whole, dialect, address, incoming), { whole }));
    }
    return remember(decode(json, dialect, address, incoming), body.type === "bytes" ? { bytes: body.bytes } : {});
  };
  return incoming.body(limits).then(understand);
};

/** A browser may post text or a form to any address without asking; JSON it may not. */
const checkContentType = (incoming: Incoming): void => {
  const type = incoming.header("content-type") ?? "";
  if (type === "application/json" || /^application\/([\w.+-]+\+)?json *(;|$)/i.test(type)) return;
  const got = type === "" ? "none was sent" : `got ${JSON.stringify(type.slice(0, 100))}`;
  throw new GatewayError("unsupported_media_type", `Send the header \`content-type: application/json\`; ${got}.`);
};

/** Hosts that parse bodies also inflate them; bytes that reach us compressed would have to be inflated within bounds. */
const checkContentEncoding = (incoming: Incoming): void => {
  const encoding = incoming.header("content-encoding") ?? "identity";
  if (encoding === "identity") return;
  throw new GatewayError("unsupported_media_type", "Send the body as it is, without a `content-encoding`.");
};

const decode = (json: Json, dialect: FrontDialect, address: Address | undefined, incoming: Incoming): ChatRequest => {
  const request = dialect.decodeRequest(json, address);
  const { model } = request;
  if (model === "" || model.length > 300) {
    throw invalidValue("model", "the name of a model, at most 300 characters long", model);
  }
  const featureHeaders = readFeatures(dialect, incoming);
  return featureHeaders === undefined ? request : { ...request, featureHeaders };
};

const featureList = /^[\w.:-]{1,200}(?: *, *[\w.:-]{1,200}){0,99}$/;

const readFeatures = ({ featureHeaders = [] }: FrontDialect, incoming: Incoming): ChatRequest["featureHeaders"] => {
  let features: Record<string, string> | undefined;
  for (const name of featureHeaders) {
    const value = incoming.header(name);
    if (value === undefined || value.trim() === "") continue;
    // It is sent on, so nothing may be in it but what such a list is made of.
    if (!featureList.test(value.trim())) throw invalidValue(name, "a list of words, with commas between them", value);
    features = { ...features, [name]: value.trim() };
  }
  return features;
};
