import { APICallError } from "@ai-sdk/provider";
import { GatewayError, type ChatInput } from "@llm-gateway/core";

/**
 * A failure as the AI SDK knows it: with a status, and whether and when it may call again. What is not the gateway's
 * stays what it is.
 *
 * @throws The signal's reason where the caller gave the call up.
 */
export const toCallError = (error: unknown, request: ChatInput, signal: AbortSignal | undefined): unknown => {
  signal?.throwIfAborted();
  if (!GatewayError.is(error)) return error;
  const { message, status, clientMayRetry, retryAfterMs } = error;
  return new APICallError({
    message,
    url: `llm-gateway:${request.model}`,
    requestBodyValues: request,
    statusCode: status,
    isRetryable: clientMayRetry,
    cause: error,
    ...(retryAfterMs === undefined ? {} : { responseHeaders: { "retry-after-ms": String(Math.ceil(retryAfterMs)) } }),
  });
};
