import {
  isSpanContextValid,
  SpanKind,
  trace,
  type Attributes,
  type Context as OtelContext,
  type Span,
} from "@opentelemetry/api";
import { isContent } from "../chat/event.ts";
import { mapBatches } from "../chat/map-reply.ts";
import type { Reply } from "../chat/reply.ts";
import type { Target } from "../chat/target.ts";
import type { Usage } from "../chat/usage.ts";
import { toGatewayError } from "../errors.ts";
import { createContextKey, type ContextKey, type Principal } from "../pipeline/context.ts";
import type { Attempt } from "./attempt.ts";
import type { AttemptFacts, CallCost } from "./call-facts.ts";
import { gatewayCompat, guardCompat } from "./compat.ts";
import { errorType } from "./error-type.ts";
import { fail } from "./fail.ts";
import { Inferences } from "./inferences.ts";
import type { ActiveRequests, CacheFacts } from "./metrics.ts";
import type { TelemetryParts } from "./parts.ts";
import { baggageAttributes, parentageOf, type ReadHeader } from "./propagation.ts";
import { endSpan, startSpan } from "./safe-span.ts";
import {
  attribute,
  dialectName,
  gatewayAttributes,
  operation,
  serverAttributes,
  spanEvent,
  spanName,
} from "./semconv.ts";
import { contextUnder } from "./stage-span.ts";

export { silentSpan } from "./safe-span.ts";

/** How a client's request ended. */
export type Outcome = "ok" | "cache_hit" | "blocked" | "rejected" | "aborted" | "error";

/** The HTTP request, where there is one. */
export interface HttpFacts {
  readonly method: string;
  readonly path: string;
  readonly scheme: string;
  readonly header: ReadHeader;
}

/** What is known of a request when it begins. */
export interface RequestFacts {
  readonly requestId: string;
  readonly dialect: string;
  readonly model: string;
  readonly stream: boolean;
  readonly principal: Principal;
  readonly http?: HttpFacts | undefined;
}

/** What is known of a request when it is over. */
export interface RequestEnd {
  readonly outcome: Outcome;
  readonly status: number | undefined;
  /** Why it failed, was refused or was left. */
  readonly error: unknown;
  readonly attempts: readonly { readonly target: string; readonly error?: string }[];
  readonly cacheResult: string | undefined;
  readonly spent: { readonly usage: Usage; readonly costNanoUsd?: number } | undefined;
}

export const telemetryKey: ContextKey<RequestTelemetry> = createContextKey("telemetry");

/** Begins to tell of a request; `undefined` where nobody listens. */
export const startRequest = (
  parts: TelemetryParts,
  facts: RequestFacts,
  active: OtelContext,
): RequestTelemetry | undefined => {
  const { settings, tracer, metrics } = parts;
  const { requestId, dialect, model, stream, http } = facts;
  const { context, isEntry, links } = parentageOf(active, http?.header, settings);
  const attributes = gatewayAttributes(requestId, dialect, model, stream);
  const span = startSpan(
    tracer,
    spanName.gateway(operation),
    {
      kind: isEntry ? SpanKind.SERVER : SpanKind.INTERNAL,
      attributes:
        isEntry && http !== undefined
          ? { ...attributes, ...serverAttributes(http.method, http.path, http.scheme) }
          : attributes,
      ...(links === undefined ? {} : { links }),
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
    this.#facts = facts;
    this.#inferences = new Inferences(parts, otelContext, facts.principal);
    this.#startedAt = parts.clock.now();
    this.#active = parts.metrics.requestStarted();
    if (!span.isRecording()) return;
    const { principal } = facts;
    span.setAttribute(attribute.userId, principal.id);
    if (principal.tenant !== undefined) span.setAttribute(attribute.tenant, principal.tenant);
    span.setAttributes(baggageAttributes(otelContext, parts.settings.baggageKeys));
    span.setAttributes(gatewayCompat(parts.settings.compat));
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
    this.span.addEvent(spanEvent.firstChunk);
  }

  #secondsSinceStart(): number {
    return (this.parts.clock.now() - this.#startedAt) / 1000;
  }

  /** The next provider call was waited for. */
  delayed(ms: number): void {
    this.#delayMs = ms;
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
    const { name, direction, verdict, findings, categories, startedAt, durationMs } = facts;
    this.parts.metrics.verdict({ guard: name, direction, verdict });
    if (!parent.isRecording()) return;
    const span = startSpan(
      this.parts.tracer,
      spanName.guard(name),
      {
        kind: SpanKind.INTERNAL,
        startTime: startedAt,
        attributes: { [attribute.guardrailName]: name },
      },
      contextUnder(this, parent),
    );
    span.setAttributes({
      [attribute.guardrailDirection]: direction,
      [attribute.guardrailVerdict]: verdict,
      [attribute.guardrailFindings]: findings,
      ...(categories.length === 0 ? {} : { [attribute.guardrailCategories]: [...categories] }),
      ...guardCompat(this.parts.settings.compat),
    });
    endSpan(span, startedAt + durationMs);
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
    if (outcome === "aborted") span.addEvent(spanEvent.clientDisconnected, { chunks: this.#chunks });
    if (span.isRecording()) span.setAttributes(this.#attributes(end));
    if (failure !== undefined) fail(span, failure);
    endSpan(span);
    const { dialect, model, stream, principal } = this.#facts;
    this.parts.metrics.requestEnded({
      active: this.#active,
      dialect: dialectName(dialect),
      route: model,
      stream,
      outcome,
      status,
      errorType: failure === undefined ? undefined : errorType(failure),
      seconds: this.#secondsSinceStart(),
      firstChunkSeconds: stream ? this.#firstChunkSeconds : undefined,
      principal,
    });
  }

  #attributes({ outcome, status, attempts, cacheResult, spent }: RequestEnd): Attributes {
    const answered = attempts.findLast(({ error }) => error === undefined)?.target;
    return {
      [attribute.outcome]: outcome,
      [attribute.attemptCount]: attempts.length,
      [attribute.fallbackCount]: Math.max(0, new Set(attempts.map(({ target }) => target)).size - 1),
      ...(answered === undefined ? {} : { [attribute.target]: answered }),
      ...(status === undefined ? {} : { [attribute.httpStatus]: status }),
      ...(cacheResult === undefined ? {} : { [attribute.cacheResult]: cacheResult }),
      ...(this.#firstChunkSeconds === undefined ? {} : { [attribute.timeToFirstChunk]: this.#firstChunkSeconds }),
      ...(spent === undefined
        ? {}
        : {
            [attribute.usageInputTokens]: spent.usage.inputTokens,
            [attribute.usageOutputTokens]: spent.usage.outputTokens,
          }),
      ...(spent?.costNanoUsd === undefined
        ? {}
        : { [attribute.costAmount]: spent.costNanoUsd / 1e9, [attribute.costCurrency]: "USD" }),
    };
  }
}

/** One check of a guardrail. */
export interface GuardFacts {
  readonly name: string;
  readonly direction: "input" | "output";
  readonly verdict: "allow" | "flag" | "redact" | "block";
  readonly findings: number;
  readonly categories: readonly string[];
  /** When it began, in milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
}
