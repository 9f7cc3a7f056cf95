import type { Recording } from "./recording.ts";

/** How the gateway tells a provider's refusal. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  /** Its word on the messages front, which has types and no codes. */
  readonly type: string;
  /** Whether the client may try again by itself. */
  readonly mayRetry: boolean;
}

const refusal = (status: number, code: string, type: string, mayRetry = false): Refusal => ({
  status,
  code,
  type,
  mayRetry,
});

const invalid = refusal(400, "upstream_invalid_request", "invalid_request_error");
const unauthorized = refusal(502, "upstream_auth_failed", "api_error");
const outOfQuota = refusal(503, "upstream_quota_exhausted", "overloaded_error");
const overloaded = refusal(503, "upstream_overloaded", "overloaded_error", true);

// What a word in the body means, whatever the status.
const byWord: readonly (readonly [word: string, Refusal])[] = [
  ["insufficient_quota", outOfQuota],
  ["billing_error", outOfQuota],
  ["API_KEY_INVALID", unauthorized],
  ["invalid_api_key", unauthorized],
];

const byStatus: Readonly<Record<number, Refusal>> = {
  400: invalid,
  401: unauthorized,
  403: unauthorized,
  404: refusal(502, "upstream_model_not_found", "api_error"),
  413: refusal(413, "upstream_invalid_request", "request_too_large"),
  429: refusal(429, "upstream_rate_limited", "rate_limit_error", true),
  500: refusal(502, "upstream_error", "api_error"),
  503: overloaded,
  504: refusal(504, "upstream_timeout", "timeout_error"),
  529: overloaded,
};

/** What a client is to be told where a provider answered with an error. */
export const refusalOf = ({ status, body }: Recording): Refusal => {
  const text = body.toString();
  const found = byWord.find(([word]) => text.includes(`"${word}"`))?.[1] ?? byStatus[status];
  if (found === undefined) throw new Error(`Nobody knows what ${status} means.`);
  return found;
};

/** The wait that a provider asked for, as `retry-after-ms` tells it; `null` where it asked for none. */
export const waitOf = ({ headers, body }: Recording): string | null => {
  const seconds = headers["retry-after"] ?? /"retryDelay": "([\d.]+)s"/.exec(body.toString())?.[1];
  return headers["retry-after-ms"] ?? (seconds === undefined ? null : String(Number(seconds) * 1000));
};
