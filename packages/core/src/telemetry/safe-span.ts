import { INVALID_SPAN_CONTEXT, trace, type Span, type Tracer } from "@opentelemetry/api";
import { safely } from "./safely.ts";

/** Span that records nothing, for requests without a trace. */
export const silentSpan: Span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

/** Starts a span. Where the host's sampler or processor throws, it is one that records nothing. */
export const startSpan = (tracer: Tracer, ...span: Parameters<Tracer["startSpan"]>): Span => {
  let started = silentSpan;
  safely(() => {
    started = tracer.startSpan(...span);
  });
  return started;
};

/**
 * Ends a span, whatever the host's processor makes of it.
 *
 * @param endedAt In milliseconds since the Unix epoch, for spans whose start was given so: SDKs measure the others better.
 */
export const endSpan = (span: Span, endedAt?: number): void => safely(() => span.end(endedAt));
