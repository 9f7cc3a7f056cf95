import type { UpstreamError } from "../../errors.ts";
import type { ErrorDetails, Json } from "../dialect.ts";
import { isObject, numberIn, objectIn, present, stringIn } from "../fields.ts";
import { toUpstreamError } from "../upstream-error.ts";

/** Errors have neither type nor code, and one status stands for several causes: only the words tell them apart. */
const causes: readonly { readonly words: RegExp; readonly code: string }[] = [
  // An allowance that comes back after hours or days, not with the next minute.
  { words: /\b(hourly|session|daily|weekly|monthly) usage limit/i, code: "insufficient_quota" },
];

/** What an error body says: `error` as a text, as an object where a proxy of another dialect made it, or plain text. */
export const decodeError = (body: unknown): ErrorDetails => {
  if (typeof body === "string") return body === "" ? {} : describe({ message: body });
  if (!isObject(body)) return {};
  const message = stringIn(body, "error");
  if (message !== undefined) return describe({ message, ...present({ status: statusIn(body) }) });
  const error = objectIn(body, "error") ?? body;
  return describe(
    present({ message: stringIn(error, "message"), type: stringIn(error, "type"), code: stringIn(error, "code") }),
  );
};

const describe = (details: ErrorDetails): ErrorDetails => {
  const words = details.message?.slice(0, 2_000) ?? "";
  const code = details.code ?? causes.find((cause) => cause.words.test(words))?.code;
  return code === undefined ? details : { ...details, code };
};

/** The status an error inside a stream would have had before it. */
const statusIn = (body: Json): number | undefined => {
  const status = numberIn(body, "status");
  return status !== undefined && Number.isInteger(status) && status >= 400 && status < 600 ? status : undefined;
};

/** The error that stands where an answer, or a line of one, was due; `undefined` where it is none. */
export const errorInAnswer = (answer: Json, provider: string): UpstreamError | undefined =>
  answer["error"] === undefined || answer["error"] === null
    ? undefined
    : toUpstreamError(decodeError(answer), { provider });
