import {
  context as active,
  createContextKey as createOtelKey,
  INVALID_SPAN_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context as OtelContext,
  type Span,
  type Tracer,
} from "@opentelemetry/api";
import type { ChatEvent } from "../chat/event.ts";
import type { Finish } from "../chat/finish.ts";
import type { Target } from "../chat/target.ts";
import type { Usage } from "../chat/usage.ts";
import { createContextKey, type ContextKey } from "../pipeline/context.ts";
import { errorType } from "./error-type.ts";
import { attribute, gatewayAttributes, spanEvent, spanName } from "./semconv.ts";

/** Span that records nothing, for requests without a trace. */
export const silentSpan: Span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

// HTTP client instrumentation of the host must neither add trace headers to a provider call nor double its span. The
// key is the SDK's own; keys are global symbols by name, so no SDK needs to be imported for it.
const suppressTracing = createOtelKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

/** What is known of a request when its trace begins. */
export interface RequestFacts {
  readonly requestId: string;
  readonly dialect: string;
  readonly model: string;
  readonly stream: boolean;
  readonly principalId: string;
  readonly tenant?: string;
  /** Wall-clock milliseconds at which the request came in. */
  readonly startedAt: number;
}

/** What is known of a provider call when it begins. */
interface AttemptFacts {
  readonly target: Target;
  /** `gen_ai.provider.name`. */
  readonly providerName: string;
  readonly url: URL;
  readonly request: Attributes;
}

/** The span of one provider call. */
export interface AttemptTrace {
  /** Runs the call where no other instrumentation adds to it. */
  readonly suppressed: <T>(call: () => T) => T;
  readonly answered: (status: number, upstreamRequestId: string | undefined) => void;
  readonly event: (event: ChatEvent) => void;
  readonly firstContent: (secondsSinceSent: number) => void;
  /** The call failed before its answer began. */
  readonly failed: (error: unknown) => void;
  /** The answer was left. */
  readonly finished: (finish: Finish) => void;
}

/** The spans of one request. Present in a context only while they are recorded. */
export interface RequestTrace {
  readonly span: Span;
  readonly otelContext: OtelContext;
  readonly tracer: Tracer;
  readonly attempt: (facts: AttemptFacts, parent: Span) => AttemptTrace;
  readonly traceId: string;
  /** Ends whatever is open. */
  readonly end: (attributes: Attributes, error?: unknown) => void;
}

export const traceKey: ContextKey<RequestTrace> = createContextKey("trace");

/** Opens the gateway span; `undefined` where nobody records it. */
export const startRequestTrace = (tracer: Tracer, facts: RequestFacts): RequestTrace | undefined => {
  const parent = active.active();
  const span = tracer.startSpan(
    spanName.gateway("chat"),
    {
      kind: trace.getSpan(parent) === undefined ? SpanKind.SERVER : SpanKind.INTERNAL,
      startTime: facts.startedAt,
      attributes: gatewayAttributes(facts.requestId, facts.dialect, facts.model, facts.stream),
    },
    parent,
  );
  if (!span.isRecording()) return undefined;
  span.setAttribute(attribute.userId, facts.principalId);
  if (facts.tenant !== undefined) span.setAttribute(attribute.tenant, facts.tenant);

  const otelContext = trace.setSpan(parent, span);
  const inferences = createInferences(tracer, otelContext);
  let ended = false;
  return {
    span,
    otelContext,
    tracer,
    traceId: span.spanContext().traceId,
    attempt: inferences.attempt,
    end: (attributes, error) => {
      if (ended) return;
      ended = true;
      inferences.endAll(error);
      span.setAttributes(attributes);
      if (error !== undefined) fail(span, error);
      span.end();
    },
  };
};

/** Marks a span as failed. Messages stay out of it: they may hold what a provider or a client wrote. */
export const fail = (span: Span, error: unknown): void => {
  const type = errorType(error);
  span.setAttribute(attribute.errorType, type);
  span.setStatus({ code: SpanStatusCode.ERROR, message: type });
};

interface Inferences {
  readonly attempt: RequestTrace["attempt"];
  readonly endAll: (error: unknown) => void;
}

/** One inference span a target, open over all its attempts; one attempt span a call. */
const createInferences = (tracer: Tracer, gatewayContext: OtelContext): Inferences => {
  const open = new Map<
    string,
    { span: Span; sends: number; lastError: unknown; usage?: Usage; finishReasons: string[] }
  >();
  let count = 0;

  const end = (id: string, error: unknown): void => {
    const inference = open.get(id);
    if (inference === undefined) return;
    open.delete(id);
    if (inference.usage !== undefined) inference.span.setAttributes(usageAttributes(inference.usage));
    if (inference.finishReasons.length > 0) {
      inference.span.setAttribute(attribute.genAiFinishReasons, inference.finishReasons);
    }
    if (error !== undefined) fail(inference.span, error);
    inference.span.end();
  };

  const attempt: RequestTrace["attempt"] = ({ target, providerName, url, request }, parent) => {
    const server = {
      [attribute.serverAddress]: url.hostname,
      [attribute.serverPort]: Number(url.port || (url.protocol === "https:" ? 443 : 80)),
    };
    let inference = open.get(target.id);
    if (inference === undefined) {
      // Asking another target means that those before have finally failed.
      for (const [id, { lastError }] of open) if (lastError !== undefined) end(id, lastError);
      const span = tracer.startSpan(
        spanName.inference("chat", target.model),
        {
          kind: SpanKind.CLIENT,
          attributes: {
            [attribute.genAiOperation]: "chat",
            [attribute.genAiProvider]: providerName,
            [attribute.genAiRequestModel]: target.model,
            [attribute.target]: target.id,
            [attribute.attemptReason]: count === 0 ? "initial" : "fallback",
            ...server,
            ...request,
          },
        },
        trace.setSpan(gatewayContext, parent),
      );
      inference = { span, sends: 0, lastError: undefined, finishReasons: [] };
      open.set(target.id, inference);
      count++;
    }
    const current = inference;
    const span = tracer.startSpan(
      "POST",
      {
        kind: SpanKind.CLIENT,
        attributes: {
          [attribute.httpMethod]: "POST",
          [attribute.urlFull]: url.origin + url.pathname,
          ...server,
          ...(current.sends === 0 ? {} : { [attribute.httpResendCount]: current.sends }),
        },
      },
      trace.setSpan(gatewayContext, current.span),
    );
    current.sends++;
    const callContext = trace.setSpan(gatewayContext, span).setValue(suppressTracing, true);
    let ended = false;
    const endAttempt = (error: unknown): void => {
      if (ended) return;
      ended = true;
      if (error !== undefined) fail(span, error);
      span.end();
    };
    return {
      suppressed: (call) => active.with(callContext, call),
      answered: (status, upstreamRequestId) => {
        span.setAttribute(attribute.httpStatus, status);
        if (upstreamRequestId !== undefined) span.setAttribute(attribute.upstreamRequestId, upstreamRequestId);
      },
      event: (event) => {
        if (event.type === "usage") current.usage = event.usage;
        else if (event.type === "reply-end") current.finishReasons.push(event.finishReason);
        else if (event.type === "reply-start") {
          if (event.id !== undefined) current.span.setAttribute(attribute.genAiResponseId, event.id);
          if (event.model !== undefined) current.span.setAttribute(attribute.genAiResponseModel, event.model);
        }
      },
      firstContent: (seconds) => {
        current.span.setAttribute(attribute.genAiTimeToFirstChunk, seconds);
        current.span.addEvent(spanEvent.firstChunk);
      },
      failed: (error) => {
        current.lastError = error;
        endAttempt(error);
      },
      finished: ({ exit, error }) => {
        const cause = exit === "failed" || exit === "aborted" ? (error ?? new Error(exit)) : undefined;
        endAttempt(cause);
        end(target.id, cause);
      },
    };
  };

  return {
    attempt,
    endAll: (error) => {
      for (const [id, { lastError }] of open) end(id, lastError ?? error);
    },
  };
};

const usageAttributes = (usage: Usage): Attributes => ({
  [attribute.genAiInputTokens]: usage.inputTokens,
  [attribute.genAiOutputTokens]: usage.outputTokens,
  ...(usage.cacheReadTokens === undefined ? {} : { [attribute.genAiCacheReadTokens]: usage.cacheReadTokens }),
  ...(usage.cacheWriteTokens === undefined ? {} : { [attribute.genAiCacheWriteTokens]: usage.cacheWriteTokens }),
  ...(usage.reasoningTokens === undefined ? {} : { [attribute.genAiReasoningTokens]: usage.reasoningTokens }),
});
