import type { GatewayError } from "../errors.ts";
import type { ErrorDetails, Json } from "./dialect.ts";
import { arrayIn, isObject, objectIn, present, stringIn } from "./fields.ts";
import { durationMs } from "./retry-hint.ts";
import { toUpstreamError } from "./upstream-error.ts";

/** The `error` object that clients of this dialect expect. */
export const errorObject = ({ message, type, param, code }: GatewayError): Json => ({
  message,
  type,
  param: param ?? null,
  code,
});

/** The body of an error answer. */
export const encodeError = (error: GatewayError): string => JSON.stringify({ error: errorObject(error) });

/** What an error body says, in any shape the dialect's servers send. */
export const decodeError = (body: unknown): ErrorDetails => detailsOf(body, 0);

// An error may hold another one (`metadata.raw`, lists, `message`); none is wrapped deeper than this.
const maxDepth = 4;

const detailsOf = (body: unknown, depth: number): ErrorDetails => {
  if (typeof body === "string") return body.trim() === "" ? {} : { message: body };
  if (depth > maxDepth) return {};
  if (Array.isArray(body)) return detailsOf(body[0], depth + 1);
  if (!isObject(body)) return {};
  const { error, message, detail } = body;
  if (isObject(error)) return { ...symbolsOf(body), ...innerDetails(error, depth) };
  if (typeof error === "string" && error !== "") return { ...symbolsOf(body), message: error };
  if (isObject(message)) return { ...detailsOf(message, depth + 1), ...symbolsOf(body) };
  if (detail !== undefined) return { message: readDetail(detail), ...symbolsOf(body) };
  const status = objectIn(body, "base_resp");
  if (status !== undefined)
    return present({ message: stringIn(status, "status_msg"), code: symbol(status["status_code"]) });
  const listed = arrayIn(body, "errors")[0];
  if (isObject(listed)) return detailsOf(listed, depth + 1);
  return present({ message: stringIn(body, "message"), ...symbolsOf(body) });
};

/** An `error` object, with what the server behind the server said where that is told. */
const innerDetails = (error: Json, depth: number): ErrorDetails => {
  const metadata = objectIn(error, "metadata") ?? {};
  const raw = stringIn(metadata, "raw");
  const cause = raw === undefined ? {} : detailsOf(parsed(raw), depth + 1);
  const facts = arrayIn(error, "details").filter(isObject);
  const retryDelay = facts.map((fact) => stringIn(fact, "retryDelay")).find((delay) => delay !== undefined);
  const reason = facts.map((fact) => stringIn(fact, "reason")).find((word) => word !== undefined);
  const symbols = symbolsOf(error);
  return present({
    ...cause,
    ...symbols,
    message: cause.message ?? stringIn(error, "message"),
    // The outer code is then the HTTP status only.
    code: reason ?? cause.code ?? symbols.code,
    type: symbols.type ?? cause.type ?? stringIn(metadata, "error_type") ?? stringIn(error, "status"),
    retryAfterMs: retryDelay === undefined ? undefined : durationMs(retryDelay),
  });
};

const symbol = (value: unknown): string | undefined => {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
};

const symbolsOf = (object: Json): ErrorDetails => {
  // Two servers wrap their errors in an object whose own type is merely "error".
  const type = symbol(object["type"] ?? object["error_type"]);
  return present({
    type: type === "error" ? undefined : type,
    code: symbol(object["code"]),
    param: stringIn(object, "param"),
  });
};

/** FastAPI's `detail`: a text, or a list of fields with what is wrong with them. */
const readDetail = (detail: unknown): string => {
  if (typeof detail === "string") return detail;
  if (!Array.isArray(detail)) return JSON.stringify(detail);
  const lines = detail.slice(0, 20).map((item: unknown) => {
    if (!isObject(item)) return String(item);
    const place = arrayIn(item, "loc").join(".");
    return place === "" ? stringIn(item, "msg") : `${place}: ${stringIn(item, "msg")}`;
  });
  return lines.join("; ");
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** Whether an answer with status 200, or a chunk of one, is an error in disguise. Empty placeholders are not. */
const isError = (body: Json): boolean => {
  const { error } = body;
  if (typeof error === "string") return error !== "";
  if (isObject(error)) return Boolean(error["message"] ?? error["code"] ?? error["type"]);
  const code = objectIn(body, "base_resp")?.["status_code"];
  if (typeof code === "number" && code !== 0) return true;
  return body["object"] === "error" || body["type"] === "error" || (body["success"] === false && "errors" in body);
};

/** Throws what `body` says if it is an error in disguise. */
export const throwIfError = (body: Json, provider: string): void => {
  if (isError(body)) throwError(body, provider);
};

/** Throws the error that came where an answer was due. */
export const throwError = (body: unknown, provider: string): never => {
  const status = statusIn(body);
  throw toUpstreamError(decodeError(body), { provider, ...(status === undefined ? {} : { status }) });
};

/** The HTTP status an error would have had, where it names one. */
const statusIn = (body: unknown): number | undefined => {
  const outer: unknown = Array.isArray(body) ? body[0] : body;
  if (!isObject(outer)) return undefined;
  const error = objectIn(outer, "error") ?? outer;
  for (const value of [error["status_code"], error["status"], error["code"]]) {
    const status = Number(value);
    if (Number.isInteger(status) && status >= 400 && status < 600) return status;
  }
  return undefined;
};
