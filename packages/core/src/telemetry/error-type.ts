import { GatewayError, UpstreamError, type GatewayErrorCode } from "../errors.ts";

const byCode: Partial<Record<GatewayErrorCode, string>> = {
  upstream_timeout: "timeout",
  upstream_stream_timeout: "timeout",
  upstream_unreachable: "connection_error",
  upstream_tls_error: "connection_error",
  upstream_reset: "connection_error",
  upstream_stream_truncated: "upstream_stream_error",
  upstream_stream_invalid: "invalid_upstream_response",
  upstream_invalid_response: "invalid_upstream_response",
  upstream_response_too_large: "invalid_upstream_response",
  // Without a status of their own these were said inside a stream.
  upstream_error: "upstream_stream_error",
  upstream_overloaded: "upstream_stream_error",
  upstream_rate_limited: "upstream_stream_error",
  upstream_quota_exhausted: "upstream_stream_error",
  upstream_invalid_request: "upstream_stream_error",
  upstream_content_filter: "upstream_stream_error",
  upstream_model_not_found: "upstream_stream_error",
  context_length_exceeded: "upstream_stream_error",
  no_healthy_target: "no_route",
  client_closed: "client_disconnected",
  internal_error: "stage_error",
};

/** The value of `error.type`: one of a short list, so that it can be a metric label. */
export const errorType = (error: unknown): string => {
  const status = error instanceof UpstreamError ? error.upstreamStatus : undefined;
  if (status !== undefined && status >= 400) return String(status);
  if (GatewayError.is(error)) return error.reason ?? byCode[error.code] ?? error.code;
  return error instanceof Error && error.name !== "Error" ? error.name : "_OTHER";
};
