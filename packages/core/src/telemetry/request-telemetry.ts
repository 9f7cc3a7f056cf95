import { isSpanContextValid, SpanKind, trace, type Context as OtelContext, type Span } from "@opentelemetry/api";
import { isContent } from "../chat/event.ts";
import { mapBatches } from "../chat/map-reply.ts";
import type { Reply } from "../chat/reply.ts";
import type { Target } from "../chat/target.ts";
import { toGatewayError } from "../errors.ts";
import { createContextKey, type ContextKey } from "../pipeline/context.ts";
import type { Attempt } from "./attempt.ts";
import type { AttemptFacts, CallCost } from "./call-facts.ts";
import { gatewayCompat } from "./compat.ts";
import { errorType } from "./error-type.ts";
import { fail } from "./fail.ts";
import { tellGuard, type GuardFacts } from "./guard-span.ts";
import { Inferences } from "./inferences.ts";
import type { ActiveRequests, CacheFacts } from "./measures.ts";
import type { TelemetryParts } from "./parts.ts";
import { baggageAttributes, hasNoTrace, parentageOf } from "./propagation.ts";
import {
  callerAttributes,
  endAttributes,
  sessionOf,
  startAttributes,
  type RequestEnd,
  type RequestFacts,
} from "./request-facts.ts";
import { endSpan, startSpan } from "./safe-span.ts";
import { dialectName, spanEvent, spanName } from "./semconv.ts";
import { contextUnder } from "./stage-span.ts";

export { silentSpan } from "./safe-span.ts";

export const telemetryKey: ContextKey<RequestTelemetry> = createContextKey("telemetry");

/** Begins to tell of a request; `undefined` where nobody listens. */
export const startRequest = (
  parts: TelemetryParts,
  facts: RequestFacts,
  active: OtelContext,
): RequestTelemetry | undefined => {
  const { settings, tracer, metrics } = parts;
  if (!tracer.isHeard() && !metrics.enabled() && hasNoTrace(active)) return undefined;
  const { arrival } = facts;
  const { context, isEntry, links } = parentageOf(active, arrival?.http.header, settings);
  const span = startSpan(
    tracer,
    spanName.gateway(facts.operation),
    {
      kind: isEntry ? SpanKind.SERVER : SpanKind.INTERNAL,
      attributes: startAttributes(facts, isEntry),
      ...(links === undefined ? {} : { links }),
      // It came before anybody knew what it asks for, which is what samplers decide by.
      ...(arrival === undefined ? {} : { startTime: arrival.wall }),
    },
    context,
  );
  // A trace that is not recorded goes on all the same: providers of one's own are told of it, and others are not.
  const hasTrace = span.isRecording() || isSpanContextValid(span.spanContext());
  if (!hasTrace && !metrics.enabled()) return undefined;
  return new RequestTelemetry(parts, facts, span, trace.setSpan(context, span));
};

/** Everything that is told of one request. Present in its context only while somebody listens. */
export class RequestTelemetry {
  readonly parts: TelemetryParts;
  readonly span: Span;
  readonly otelContext: OtelContext;
  readonly #facts: RequestFacts;
  readonly #inferences: Inferences;
  readonly #startedAt: number;
  readonly #active: ActiveRequests | undefined;
  #chunks = 0;
  #firstChunkSeconds: number | undefined;
  #delayMs: number | undefined;
  #isOver = false;
  readonly #onEnd: (() => void)[] = [];

  constructor(parts: TelemetryParts, facts: RequestFacts, span: Span, otelContext: OtelContext) {
    this.parts = parts;
    this.span = span;
    this.otelContext = otelContext;
    this.#facts = { ...facts, sessionId: facts.sessionId ?? sessionOf(facts.arrival, parts.settings) };
    this.#inferences = new Inferences(parts, otelContext, this.#facts);
    this.#startedAt = facts.arrival?.now ?? parts.clock.now();
    this.#active = parts.metrics.requestStarted(facts.operation);
    if (!span.isRecording()) return;
    span.setAttributes({
      ...callerAttributes(this.#facts),
      ...baggageAttributes(otelContext, parts.settings.baggageKeys),
      ...gatewayCompat(parts.settings.compat, facts.operation),
    });
  }

  /** For the header that names the trace; `undefined` where there is none, or it is nobody's business. */
  get traceId(): string | undefined {
    const context = this.span.spanContext();
    const isTold = this.parts.settings.exposeTraceId && this.span.isRecording() && isSpanContextValid(context);
    return isTold ? context.traceId : undefined;
  }

  /** Watches the answer on its way out. */
  observe(reply: Reply): Reply {
    return mapBatches(reply, (batch) => {
      this.#chunks++;
      if (this.#firstChunkSeconds === undefined && !this.#isOver && batch.some(isContent)) this.#firstContent();
      return batch;
    });
  }

  #firstContent(): void {
    this.#firstChunkSeconds = this.#secondsSinceStart();
    this.span.addEvent(spanEvent.firstChunk, {}, this.#wallNow());
  }

  #secondsSinceStart(): number {
    return (this.parts.clock.now() - this.#startedAt) / 1000;
  }

  /** Milliseconds since the Unix epoch, for the span of a request that came earlier: SDKs time the others better. */
  #wallNow(): number | undefined {
    const { arrival } = this.#facts;
    return arrival === undefined ? undefined : arrival.wall + this.#secondsSinceStart() * 1000;
  }

  /** The next provider call was waited for. */
  delayed(ms: number): void {
    this.#delayMs = ms;
  }

  /** A target's breaker has turned when nobody worked on the request any more. */
  turned(breaker: { readonly target: string; readonly state: string }): void {
    if (!this.#isOver) this.span.addEvent(spanEvent.breaker, breaker, this.#wallNow());
  }

  /** Nothing more is told: some stage works on for nobody. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Calls back when the request is over, for whatever is still open then. */
  onEnd(callback: () => void): void {
    this.#onEnd.push(callback);
  }

  /** Begins a provider call, under the span of whoever makes it; `undefined` once the request is over. */
  attempt(facts: Omit<AttemptFacts, "delayMs">, parent: Span): Attempt | undefined {
    if (this.#isOver) return undefined;
    const delayMs = this.#delayMs;
    this.#delayMs = undefined;
    return this.#inferences.attempt({ ...facts, delayMs }, contextUnder(this, parent));
  }

  /** A stage failed over the answer it was reading. */
  letGo(error: unknown): void {
    this.#inferences.letGo(error);
  }

  /** A provider call was counted. */
  paid(target: Target, cost: CallCost): void {
    this.#inferences.paid(target, cost);
    const { costNanoUsd, costSource } = cost;
    if (costNanoUsd === undefined || costSource === undefined) return;
    this.parts.metrics.cost({
      target,
      source: costSource,
      usd: costNanoUsd / 1e9,
      principal: this.#facts.principal,
    });
  }

  /** The cache was asked. */
  lookedUp(facts: CacheFacts): void {
    this.parts.metrics.cache(facts);
  }

  /** A check of a guardrail knows its verdict. */
  guarded(facts: GuardFacts, parent: Span): void {
    const { name: guard, direction, verdict } = facts;
    this.parts.metrics.verdict({ guard, direction, verdict });
    if (parent.isRecording()) tellGuard(this.parts, facts, contextUnder(this, parent));
  }

  /** Ends whatever is open. */
  end(end: RequestEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { outcome, status, error } = end;
    // What a stage threw is told on its own span; here it is the stage that failed.
    const failure = outcome === "error" ? toGatewayError(error) : undefined;
    for (const callback of this.#onEnd) callback();
    this.#inferences.endAll(error);
    const { span } = this;
    if (outcome === "aborted") span.addEvent(spanEvent.clientDisconnected, { chunks: this.#chunks }, this.#wallNow());
    if (span.isRecording()) span.setAttributes(endAttributes(end, this.#firstChunkSeconds));
    if (failure !== undefined) fail(span, failure);
    endSpan(span, this.#wallNow());
    const { operation, dialect, model, stream, principal } = this.#facts;
    this.parts.metrics.requestEnded({
      active: this.#active,
      operation,
      dialect: dialectName(dialect),
      route: model,
      stream,
      outcome,
      status,
      errorType: failure === undefined ? undefined : errorType(failure),
      seconds: this.#secondsSinceStart(),
      firstChunkSeconds: stream === true ? this.#firstChunkSeconds : undefined,
      principal,
    });
  }
}
