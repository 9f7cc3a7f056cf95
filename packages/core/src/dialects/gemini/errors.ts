import type { UpstreamError } from "../../errors.ts";
import type { ErrorDetails, Json } from "../dialect.ts";
import { arrayIn, isObject, numberIn, objectIn, present, stringIn } from "../fields.ts";
import { durationMs } from "../retry-hint.ts";
import { toUpstreamError } from "../upstream-error.ts";

/** `type.googleapis.com/google.rpc.RetryInfo` → `RetryInfo`. */
const kindOf = (detail: Json): string => (stringIn(detail, "@type") ?? "").replace(/^.*\./, "");

/** What an error body says: an object with `error`, the same in an array (streams without SSE), or plain text. */
export const decodeError = (body: unknown): ErrorDetails => {
  if (typeof body === "string") return body === "" ? {} : { message: body };
  const root: unknown = Array.isArray(body) ? body.find(isObject) : body;
  if (!isObject(root)) return {};
  const error = root["error"];
  if (typeof error === "string") return { message: error };
  return readStatus(isObject(error) ? error : root);
};

const readStatus = (error: Json): ErrorDetails => {
  let code: string | undefined;
  let param: string | undefined;
  let retryAfterMs: number | undefined;
  let dailyQuota = false;
  for (const detail of arrayIn(error, "details")) {
    if (!isObject(detail)) continue;
    switch (kindOf(detail)) {
      case "ErrorInfo":
        code ??= stringIn(detail, "reason");
        break;
      case "RetryInfo":
        retryAfterMs ??= durationMs(stringIn(detail, "retryDelay") ?? "");
        break;
      case "QuotaFailure":
        dailyQuota ||= arrayIn(detail, "violations").some(isPerDay);
        break;
      case "BadRequest":
        param ??= arrayIn(detail, "fieldViolations")
          .filter(isObject)
          .map((violation) => stringIn(violation, "field"))[0];
        break;
      default:
    }
  }
  return present({
    message: stringIn(error, "message"),
    type: stringIn(error, "status"),
    code,
    param,
    // A daily quota is not back when the stated seconds are over.
    retryAfterMs: dailyQuota ? undefined : retryAfterMs,
  });
};

const isPerDay = (violation: unknown): boolean =>
  isObject(violation) && (stringIn(violation, "quotaId") ?? "").includes("PerDay");

/** The error an answer or a stream's chunk turns out to be; `undefined` where it is none. */
export const errorInAnswer = (answer: unknown, provider: string): UpstreamError | undefined => {
  const root: unknown = Array.isArray(answer) ? answer.find(isObject) : answer;
  if (!isObject(root) || root["error"] === undefined || root["error"] === null) return undefined;
  // The HTTP status was 200; what it should have been stands in the body.
  const status = numberIn(objectIn(root, "error") ?? {}, "code");
  const isHttp = status !== undefined && status >= 400 && status < 600;
  return toUpstreamError(decodeError(root), { provider, ...(isHttp ? { status } : {}) });
};
