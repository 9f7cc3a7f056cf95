import type { GatewayError, UpstreamError } from "../../errors.ts";
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

const statuses: ReadonlyMap<number, string> = new Map([
  [401, "UNAUTHENTICATED"],
  [403, "PERMISSION_DENIED"],
  [404, "NOT_FOUND"],
  [408, "DEADLINE_EXCEEDED"],
  [409, "ABORTED"],
  [429, "RESOURCE_EXHAUSTED"],
  [499, "CANCELLED"],
  [502, "UNAVAILABLE"],
  [503, "UNAVAILABLE"],
  [504, "DEADLINE_EXCEEDED"],
]);

const types = "type.googleapis.com/google.rpc.";

/** The body of an error answer, which is also the data of a stream's last chunk. */
export const encodeError = ({ status, code, message, param, retryAfterMs }: GatewayError): string => {
  const details: Json[] = [{ "@type": `${types}ErrorInfo`, reason: code.toUpperCase(), domain: "llm-gateway" }];
  if (param !== undefined) {
    details.push({ "@type": `${types}BadRequest`, fieldViolations: [{ field: param, description: message }] });
  }
  if (retryAfterMs !== undefined) {
    details.push({ "@type": `${types}RetryInfo`, retryDelay: `${Math.ceil(retryAfterMs / 1000)}s` });
  }
  const name = statuses.get(status) ?? (status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT");
  return JSON.stringify({ error: { code: status, message, status: name, details } });
};
