import type { ErrorDetails, Json } from "../dialect.ts";
import { isObject, present, stringIn } from "../fields.ts";
import { toUpstreamError } from "../upstream-error.ts";

/** Most errors have no type, and one status stands for several causes: then only the words tell them apart. */
const causes: readonly { readonly words: RegExp; readonly code: string }[] = [
  // The same words begin the refusal of a limit that is too high, which no larger window would help.
  { words: /^too many tokens(?!: max tokens)/i, code: "too_many_tokens" },
  // A trial key's allowance comes back next month, not with the next minute.
  { words: /limited to \d{1,9} API calls \/ month/i, code: "insufficient_quota" },
];

/** What an error body says: an object with `message`, or plain text from whoever stands before the provider. */
export const decodeError = (body: unknown): ErrorDetails => {
  if (typeof body === "string") return body === "" ? {} : { message: body };
  if (!isObject(body)) return {};
  const message = stringIn(body, "message") ?? stringIn(body, "error");
  const words = message?.slice(0, 2_000) ?? "";
  return present({
    message,
    type: stringIn(body, "error_type"),
    code: causes.find((cause) => cause.words.test(words))?.code,
  });
};

/** Throws what stands where an answer, or an event of one, was due. */
export const throwError = (body: Json, provider: string): never => {
  throw toUpstreamError(decodeError(body), { provider });
};
