import { SpanStatusCode, type Span } from "@opentelemetry/api";
import { GatewayError } from "../errors.ts";
import { errorType } from "./error-type.ts";
import { attribute, spanEvent } from "./semconv.ts";

/** Marks a span as failed. Messages stay out of it: they may hold what a provider or a client wrote. */
export const fail = (span: Span, error: unknown): void => {
  const type = errorType(error);
  span.setAttribute(attribute.errorType, type);
  span.setStatus({ code: SpanStatusCode.ERROR, message: type });
};

/** The same for the span whose operation finally failed, with what was thrown. */
export const failFinally = (span: Span, error: unknown): void => {
  fail(span, error);
  span.addEvent(spanEvent.exception, {
    [attribute.exceptionType]: GatewayError.is(error) ? error.code : error instanceof Error ? error.name : typeof error,
  });
};
