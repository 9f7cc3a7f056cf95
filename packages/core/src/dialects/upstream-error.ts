import { UpstreamError, type GatewayErrorCode, type UpstreamErrorOptions } from "../errors.ts";
import type { ErrorDetails } from "./dialect.ts";
import { retryHintMs } from "./retry-hint.ts";

export interface ErrorOrigin {
  /** Id of the provider, for messages. */
  readonly provider: string;
  /** HTTP status; absent for an error inside a stream that had begun well. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Evidence {
  readonly code: GatewayErrorCode;
  readonly pattern: RegExp;
}

// A code or type in the body says more than the status: quota and rate limit share 429, a bad key may be a 400.
const bySymbol: readonly Evidence[] = [
  {
    code: "upstream_quota_exhausted",
    pattern:
      /^(insufficient_quota|billing_error|credit_balance_exhausted|enforced_spend_limit_reached|servicequotaexceededexception|1113)$/i,
  },
  {
    code: "context_length_exceeded",
    pattern: /^(context_length_exceeded|exceed_context_size_error|too_many_tokens|too_many_prompt_tokens)$/i,
  },
  {
    code: "upstream_content_filter",
    pattern: /^(content_filter|content_policy_violation|invalid_prompt|data_inspection_failed|1301)$/,
  },
  {
    code: "upstream_auth_failed",
    pattern: /^(api_key_invalid|invalid_api_key|authentication_error|permission_error)$/i,
  },
  {
    code: "upstream_model_not_found",
    pattern: /^(model_not_found|not_found_error|invalid_model|deploymentnotfound)$/i,
  },
  {
    code: "upstream_overloaded",
    pattern: /^(overloaded_error|overloaded|unavailable|unavailable_error|capacity_exceeded|modelnotreadyexception)$/i,
  },
  {
    code: "upstream_rate_limited",
    pattern: /^(rate_limit_error|rate_limit_exceeded|resource_exhausted|slow_down|throttlingexception)$/i,
  },
  { code: "upstream_timeout", pattern: /^(timeout_error|deadline_exceeded|modeltimeoutexception)$/i },
  { code: "upstream_error", pattern: /^(api_error|server_error|internal|internal_error|internal_server_error)$/i },
];

// Some providers say it only in words. Short and anchored, so that no long text costs more than a scan.
const byMessage: readonly Evidence[] = [
  {
    code: "context_length_exceeded",
    pattern:
      /prompt (is )?too long|max(imum)? context length|context window|input token count|input is too long|input tokens exceeded|exceed(s|ed)? (the |max |maximum |available )*context (length|size)/i,
  },
  {
    code: "upstream_content_filter",
    pattern: /violat(es|ing) (our |the )?(usage|content) (guidelines|polic)|input was flagged/i,
  },
  {
    code: "upstream_quota_exhausted",
    pattern: /insufficient (balance|credits?|funds)|credit balance is too low|spend(ing)? limit/i,
  },
  { code: "upstream_auth_failed", pattern: /(incorrect|invalid) api key|api key not valid/i },
  // Bedrock calls an unknown model, and one that has to be called by an inference profile, an invalid request.
  {
    code: "upstream_model_not_found",
    pattern: /model identifier is invalid|on-demand throughput isn.t supported|^model (does )?not exist/i,
  },
];

const byStatus = (status: number): GatewayErrorCode => {
  if (status >= 300 && status < 400) return "upstream_redirect";
  switch (status) {
    case 401:
    case 403:
      return "upstream_auth_failed";
    case 402:
      return "upstream_quota_exhausted";
    case 404:
    case 410:
      return "upstream_model_not_found";
    case 408:
    case 409:
    case 424:
    case 425:
      return "upstream_error";
    case 429:
      return "upstream_rate_limited";
    case 498:
    case 503:
    case 529:
      return "upstream_overloaded";
    default:
      return status >= 500 ? "upstream_error" : "upstream_invalid_request";
  }
};

const messages: Partial<Record<GatewayErrorCode, string>> = {
  upstream_quota_exhausted: "has no quota or credit left",
  context_length_exceeded: "says that the request does not fit the model's context window",
  upstream_content_filter: "refused the request under its content policy",
  upstream_auth_failed: "refused the gateway's credentials",
  upstream_model_not_found: "does not know the model",
  upstream_overloaded: "is overloaded",
  upstream_rate_limited: "is rate-limiting the gateway",
  upstream_timeout: "timed out",
  upstream_error: "failed",
  upstream_redirect: "answered with a redirect, which is never followed",
  upstream_invalid_request:
    "refused the request. Its own words are withheld from clients unless `exposeUpstreamErrors` is on",
};

/** What a provider's error means, by the body's code, then its words, then the status. */
export const toUpstreamError = (details: ErrorDetails, origin: ErrorOrigin): UpstreamError => {
  const status = details.status ?? origin.status;
  const code = classify(details, status);
  const retryAfterMs = retryHintMs(origin.headers ?? {}, details);
  const options: UpstreamErrorOptions = {
    provider: origin.provider,
    ...(origin.status === undefined ? {} : { upstreamStatus: origin.status }),
    ...(details.code === undefined ? {} : { upstreamCode: details.code }),
    ...(details.type === undefined ? {} : { upstreamType: details.type }),
    ...(details.message === undefined ? {} : { upstreamMessage: details.message }),
    ...(details.param === undefined ? {} : { param: details.param }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...statusOptions(code, status),
  };
  return new UpstreamError(code, `${origin.provider} ${messages[code] ?? "failed"}.`, options);
};

const classify = (details: ErrorDetails, status: number | undefined): GatewayErrorCode => {
  const symbols = [details.code, details.type].filter((symbol) => symbol !== undefined);
  for (const { code, pattern } of bySymbol) {
    if (symbols.some((symbol) => pattern.test(symbol))) return refine(code, status);
  }
  const words = details.message?.slice(0, 2_000);
  if (words !== undefined && (status === undefined || status < 500)) {
    for (const { code, pattern } of byMessage) if (pattern.test(words)) return code;
  }
  return status === undefined ? "upstream_error" : byStatus(status);
};

/** A generic type must not hide what the status says more exactly: `api_error` with 529 is an overload. */
const refine = (code: GatewayErrorCode, status: number | undefined): GatewayErrorCode =>
  code === "upstream_error" && status !== undefined ? byStatus(status) : code;

/** Where one code covers statuses that are treated apart. */
const statusOptions = (code: GatewayErrorCode, status: number | undefined): UpstreamErrorOptions => {
  if (code === "upstream_invalid_request" && status === 413) return { status: 413 };
  // The provider's own patience ended, not ours: asked again, it may be quicker.
  if (code === "upstream_timeout" && status !== undefined) return { retries: 1 };
  if (code !== "upstream_error" || status === undefined) return {};
  if (status === 425 || status === 409) return { health: "neutral" };
  const known = status === 500 || status === 502 || status === 504 || status === 408;
  return known ? {} : { retries: 0 };
};
