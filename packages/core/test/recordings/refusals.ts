import type { Recording } from "./fixtures.ts";
import type { Failure } from "./fronts/front.ts";

const unauthorized: Failure = { status: 502, code: "upstream_auth_failed" };
const outOfQuota: Failure = { status: 503, code: "upstream_quota_exhausted" };
const overloaded: Failure = { status: 503, code: "upstream_overloaded" };
const limited: Failure = { status: 429, code: "upstream_rate_limited" };
const failed: Failure = { status: 502, code: "upstream_error" };
const timedOut: Failure = { status: 504, code: "upstream_timeout" };
const unknownModel: Failure = { status: 502, code: "upstream_model_not_found" };
const tooLong: Failure = { status: 400, code: "context_length_exceeded" };
const filtered: Failure = { status: 400, code: "upstream_content_filter" };

// What words in the body mean, whatever the status.
const byWords: readonly (readonly [words: RegExp, failure: Failure])[] = [
  [/insufficient_quota|billing_error/, outOfQuota],
  [/API_KEY_INVALID|invalid_api_key|Incorrect API key/, unauthorized],
  [
    /context_length|context length|context window|prompt too long|too_many_prompt_tokens|Input Tokens Exceeded/i,
    tooLong,
  ],
  [/"content_filter"|Content violates/, filtered],
  [/rate_limit_exceeded/, limited],
  [/ModelTimeout|Model has timed out/, timedOut],
  [/model identifier is invalid|on-demand throughput|invalid_model/, unknownModel],
];

const byStatus: Readonly<Record<number, Failure>> = {
  400: { status: 400, code: "upstream_invalid_request" },
  401: unauthorized,
  402: outOfQuota,
  403: unauthorized,
  404: unknownModel,
  413: { status: 413, code: "upstream_invalid_request" },
  422: { status: 400, code: "upstream_invalid_request" },
  424: failed,
  429: limited,
  498: overloaded,
  500: failed,
  502: failed,
  503: overloaded,
  504: timedOut,
  529: overloaded,
};

/** What a client is to be told where a provider answered with an error. */
export const refusalOf = ({ status, body }: Recording): Failure => {
  const text = body.toString();
  const found = byWords.find(([words]) => words.test(text))?.[1] ?? byStatus[status];
  if (found === undefined) throw new Error(`Nobody knows what ${status} means.`);
  return found;
};

/** Whether a client may try again by itself. */
export const mayRetry = (failure: Failure): boolean => failure === limited || failure === overloaded;

/** The wait that a provider asked for, as `retry-after-ms` tells it; `null` where it asked for none. */
export const waitOf = ({ headers, body }: Recording): string | null => {
  const milliseconds = headers["retry-after-ms"];
  // No wait at all is no advice.
  if (milliseconds !== undefined && milliseconds !== "0") return milliseconds;
  const seconds = headers["retry-after"] ?? /"retryDelay": "([\d.]+)s"/.exec(body.toString())?.[1];
  return seconds === undefined ? null : String(Number(seconds) * 1000);
};
