import type { GatewayError } from "../../errors.ts";
import type { ErrorDetails, Json } from "../dialect.ts";
import { isObject, objectIn, present, stringIn } from "../fields.ts";
import { threadDetails } from "./threads.ts";

const typesByStatus: ReadonlyMap<number, string> = new Map([
  [401, "authentication_error"],
  [402, "billing_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [408, "timeout_error"],
  [413, "request_too_large"],
  [429, "rate_limit_error"],
  [500, "api_error"],
  [502, "api_error"],
  [503, "overloaded_error"],
  [504, "timeout_error"],
  [529, "overloaded_error"],
]);

/** `error.type` as Anthropic's clients know it. */
const errorType = ({ status, type }: GatewayError): string => {
  if (type === "insufficient_quota") return "billing_error";
  return typesByStatus.get(status) ?? (status >= 500 ? "api_error" : "invalid_request_error");
};

/** The body of an error answer, which is also the data of an `error` event. */
export const encodeError = (error: GatewayError, requestId: string): string => {
  const details = threadDetails(error);
  return JSON.stringify({
    type: "error",
    error: { type: errorType(error), message: error.message, ...(details === undefined ? {} : { details }) },
    request_id: requestId,
  });
};

/** What an error body says: Anthropic's form, and those of the servers and proxies that speak or carry its dialect. */
export const decodeError = (body: unknown): ErrorDetails => {
  if (typeof body === "string") return body === "" ? {} : { message: body };
  if (!isObject(body)) return {};
  const error = body["error"];
  if (typeof error === "string") return present({ message: error, code: symbolIn(body, "code") });
  const inner = isObject(error) ? error : body;
  return present({
    message: stringIn(inner, "message") ?? detailOf(body["detail"]),
    // The outer type of a body without `error` only says that it is an error.
    type: stringIn(inner, "type") === "error" ? undefined : stringIn(inner, "type"),
    code: symbolIn(objectIn(inner, "details") ?? {}, "error_code") ?? symbolIn(inner, "code"),
    param: stringIn(inner, "param"),
  });
};

/** Codes come as words and as numbers. */
const symbolIn = (object: Json, name: string): string | undefined => {
  const value = object[name];
  return typeof value === "number" ? String(value) : stringIn(object, name);
};

/** `detail` is a text, or a list of `{ msg }` from servers that validate with a schema. */
const detailOf = (detail: unknown): string | undefined => {
  if (typeof detail === "string") return detail;
  if (!Array.isArray(detail)) return undefined;
  const messages = detail.map((item: unknown) => (isObject(item) ? stringIn(item, "msg") : undefined));
  return messages.find((message) => message !== undefined);
};
