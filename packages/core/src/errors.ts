import type { Usage } from "./chat/usage.ts";

/** What one error code means: how the client is answered, and what retry, fallback and breaker do about it. */
export interface ErrorClass {
  readonly status: number;
  /** OpenAI's `error.type`; other dialects map it from the status. */
  readonly type: string;
  /** Calls to the same target that may follow this error. */
  readonly retries?: 1;
  /** Another target may be asked. */
  readonly fallback?: true;
  /**
   * What it says of the target's health. `failure` counts for the breaker, `cool` rests the target,
   * `quarantine` rests its credential; nothing is said where absent.
   */
  readonly health?: "failure" | "cool" | "quarantine";
  /** Whether the client may try again by itself (`x-should-retry`). */
  readonly clientMayRetry?: true;
  /** Set where the target needs longer to recover than usual: the backoff starts higher. */
  readonly backoff?: "overload";
}

const invalid = "invalid_request_error";
const server = "server_error";

/** The closed set of codes. They are stable API: clients match on them. */
export type GatewayErrorCode =
  | "invalid_json"
  | "invalid_value"
  | "unknown_parameter"
  | "unsupported_parameter"
  | "content_filter"
  | "price_unknown"
  | "previous_response_not_found"
  | "invalid_api_key"
  | "model_not_found"
  | "response_not_found"
  | "route_not_found"
  | "method_not_allowed"
  | "request_timeout"
  | "idempotency_in_progress"
  | "request_too_large"
  | "unsupported_media_type"
  | "idempotency_mismatch"
  | "rate_limit_exceeded"
  | "budget_exceeded"
  | "client_closed"
  | "internal_error"
  | "gateway_overloaded"
  | "shutting_down"
  | "dependency_unavailable"
  | "guardrail_unavailable"
  | "no_healthy_target"
  | "upstream_invalid_request"
  | "context_length_exceeded"
  | "upstream_content_filter"
  | "upstream_unreachable"
  | "upstream_tls_error"
  | "upstream_reset"
  | "upstream_timeout"
  | "upstream_rate_limited"
  | "upstream_quota_exhausted"
  | "upstream_auth_failed"
  | "upstream_overloaded"
  | "upstream_error"
  | "upstream_model_not_found"
  | "upstream_redirect"
  | "upstream_invalid_response"
  | "upstream_response_too_large"
  | "upstream_stream_truncated"
  | "upstream_stream_timeout"
  | "upstream_stream_invalid";

const errorTable: Readonly<Record<GatewayErrorCode, ErrorClass>> = {
  // Refused before any provider was asked
  invalid_json: { status: 400, type: invalid },
  invalid_value: { status: 400, type: invalid },
  unknown_parameter: { status: 400, type: invalid },
  unsupported_parameter: { status: 400, type: invalid },
  content_filter: { status: 400, type: invalid },
  price_unknown: { status: 400, type: invalid },
  previous_response_not_found: { status: 400, type: invalid },
  invalid_api_key: { status: 401, type: "authentication_error" },
  model_not_found: { status: 404, type: invalid },
  response_not_found: { status: 404, type: invalid },
  route_not_found: { status: 404, type: invalid },
  method_not_allowed: { status: 405, type: invalid },
  request_timeout: { status: 408, type: invalid },
  idempotency_in_progress: { status: 409, type: invalid },
  request_too_large: { status: 413, type: invalid },
  unsupported_media_type: { status: 415, type: invalid },
  idempotency_mismatch: { status: 422, type: invalid },
  rate_limit_exceeded: { status: 429, type: "rate_limit_error", clientMayRetry: true },
  budget_exceeded: { status: 429, type: "insufficient_quota" },
  client_closed: { status: 499, type: invalid },
  internal_error: { status: 500, type: server },
  gateway_overloaded: { status: 503, type: server, clientMayRetry: true },
  shutting_down: { status: 503, type: server, clientMayRetry: true },
  dependency_unavailable: { status: 503, type: server, clientMayRetry: true },
  guardrail_unavailable: { status: 503, type: server, clientMayRetry: true },
  no_healthy_target: { status: 503, type: server, clientMayRetry: true },

  // The provider said no to the request itself
  upstream_invalid_request: { status: 400, type: invalid },
  context_length_exceeded: { status: 400, type: invalid, fallback: true },
  upstream_content_filter: { status: 400, type: invalid },

  // The provider, its account or the way to it
  upstream_unreachable: { status: 502, type: server, retries: 1, fallback: true, health: "failure" },
  upstream_tls_error: { status: 502, type: server, fallback: true, health: "failure" },
  upstream_reset: { status: 502, type: server, retries: 1, fallback: true, health: "failure" },
  upstream_timeout: { status: 504, type: server, fallback: true, health: "failure" },
  upstream_rate_limited: {
    status: 429,
    type: "rate_limit_error",
    retries: 1,
    fallback: true,
    health: "cool",
    clientMayRetry: true,
    backoff: "overload",
  },
  upstream_quota_exhausted: { status: 503, type: server, fallback: true, health: "quarantine" },
  upstream_auth_failed: { status: 502, type: server, fallback: true, health: "quarantine" },
  upstream_overloaded: {
    status: 503,
    type: server,
    retries: 1,
    fallback: true,
    health: "failure",
    clientMayRetry: true,
    backoff: "overload",
  },
  upstream_error: { status: 502, type: server, retries: 1, fallback: true, health: "failure" },
  upstream_model_not_found: { status: 502, type: server, fallback: true },
  upstream_redirect: { status: 502, type: server },
  upstream_invalid_response: { status: 502, type: server, fallback: true, health: "failure" },
  upstream_response_too_large: { status: 502, type: server },

  // A stream that broke; with these statuses only where nothing was sent yet
  upstream_stream_truncated: { status: 502, type: server, fallback: true, health: "failure" },
  upstream_stream_timeout: { status: 504, type: server, fallback: true, health: "failure" },
  upstream_stream_invalid: { status: 502, type: server, fallback: true, health: "failure" },
};

export interface GatewayErrorOptions {
  /** The request field at fault, as the client's dialect names it: `messages[2].content`. */
  readonly param?: string;
  /** How long to wait before trying again, in milliseconds. */
  readonly retryAfterMs?: number;
  /** What is told apart only where the gateway is watched: clients can do no more about one than about the other. */
  readonly reason?: "circuit_open";
  readonly cause?: unknown;
  /** Overrides of the table, for an error that is milder or graver than its class. */
  readonly status?: number;
  readonly retries?: number;
  readonly fallback?: boolean;
  readonly health?: ErrorClass["health"] | "neutral";
}

// Two copies of this package in one process must recognise each other's errors.
const brand = Symbol.for("@llm-gateway/core.GatewayError");

/** Every failure a user can meet. What follows from it is decided where it is made. */
export class GatewayError extends Error {
  override readonly name: string = "GatewayError";
  readonly code: GatewayErrorCode;
  readonly status: number;
  /** OpenAI's `error.type`. */
  readonly type: string;
  readonly param: string | undefined;
  /** Calls to the same target that may follow. */
  readonly retries: number;
  /** The same target may be asked again. */
  readonly retryable: boolean;
  /** Another target may be asked. */
  readonly fallback: boolean;
  readonly health: ErrorClass["health"] | undefined;
  readonly backoff: "overload" | undefined;
  /** Whether the client may try again by itself. */
  readonly clientMayRetry: boolean;
  readonly retryAfterMs: number | undefined;
  readonly reason: GatewayErrorOptions["reason"];

  constructor(code: GatewayErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const row = errorTable[code];
    this.code = code;
    this.status = options.status ?? row.status;
    this.type = row.type;
    this.param = options.param;
    this.retries = options.retries ?? row.retries ?? 0;
    this.retryable = this.retries > 0;
    this.fallback = options.fallback ?? row.fallback ?? false;
    const health = options.health ?? row.health;
    this.health = health === "neutral" ? undefined : health;
    this.backoff = row.backoff;
    this.retryAfterMs = options.retryAfterMs;
    this.reason = options.reason;
    // Official clients obey x-should-retry even where the wait is longer than their user would sit through.
    this.clientMayRetry = row.clientMayRetry === true && (this.retryAfterMs ?? 0) <= 60_000;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether a value is a gateway error, also one made by another copy of this package. */
  static is(value: unknown): value is GatewayError {
    return typeof value === "object" && value !== null && brand in value;
  }
}

export interface UpstreamErrorOptions extends GatewayErrorOptions {
  /** Id of the provider that failed. */
  readonly provider?: string;
  /** HTTP status the provider answered; absent where it never answered. */
  readonly upstreamStatus?: number;
  readonly upstreamCode?: string;
  readonly upstreamType?: string;
  /** What the provider wrote. Never shown to clients unless `exposeUpstreamErrors` is on. */
  readonly upstreamMessage?: string;
  readonly upstreamRequestId?: string;
  /** What the call used before it was found wanting; absent where the provider gave no answer that could be counted. */
  readonly usage?: Usage;
}

/** A failure at the provider or on the way to it, with what the provider said. */
export class UpstreamError extends GatewayError {
  override readonly name: string = "UpstreamError";
  readonly provider: string | undefined;
  readonly upstreamStatus: number | undefined;
  readonly upstreamCode: string | undefined;
  readonly upstreamType: string | undefined;
  readonly upstreamMessage: string | undefined;
  readonly upstreamRequestId: string | undefined;
  readonly usage: Usage | undefined;

  constructor(code: GatewayErrorCode, message: string, options: UpstreamErrorOptions = {}) {
    super(code, message, options);
    this.provider = options.provider;
    this.upstreamStatus = options.upstreamStatus;
    this.upstreamCode = options.upstreamCode;
    this.upstreamType = options.upstreamType;
    this.upstreamMessage = options.upstreamMessage;
    this.upstreamRequestId = options.upstreamRequestId;
    this.usage = options.usage;
  }
}

/** Any thrown value as a gateway error. What is not one already becomes `internal_error`: its message stays inside. */
export const toGatewayError = (error: unknown): GatewayError =>
  GatewayError.is(error)
    ? error
    : new GatewayError(
        "internal_error",
        "The gateway failed to handle this request. The cause is in the server's log.",
        {
          cause: error,
        },
      );
