import { SpanKind, type Attributes, type Context as OtelContext, type Span } from "@opentelemetry/api";
import type { ChatEvent, EventBatch } from "../chat/event.ts";
import type { Operation } from "../chat/request.ts";
import type { Usage } from "../chat/usage.ts";
import { addressAttributes, type AttemptFacts, type CallCost } from "./call-facts.ts";
import type { FirstChunk } from "./chunk-times.ts";
import { inferenceCompat } from "./compat.ts";
import type { InferenceContent } from "./content/capture.ts";
import { errorType } from "./error-type.ts";
import { failFinally } from "./fail.ts";
import type { AnswererFacts } from "./measures.ts";
import type { TelemetryParts } from "./parts.ts";
import { requestAttributes } from "./request-attributes.ts";
import type { RequestFacts } from "./request-facts.ts";
import { endSpan, startSpan } from "./safe-span.ts";
import { attribute, spanEvent, spanName } from "./semconv.ts";
import { usageAttributes } from "./usage-attributes.ts";

/** For whom it is. */
export type Caller = Pick<RequestFacts, "principal" | "sessionId">;

/** What one target was asked, over all calls to it. */
export class Inference {
  readonly span: Span;
  readonly reason: string;
  sends = 0;
  /** Of its last call; it may be asked again. */
  lastError: unknown;
  readonly #parts: TelemetryParts;
  readonly #facts: AttemptFacts;
  readonly #operation: Operation;
  readonly #caller: Caller;
  readonly #startedAt: number;
  readonly #startedAtWall: number;
  readonly #onEnd: () => void;
  readonly #finishReasons: string[] = [];
  readonly #content: InferenceContent | undefined;
  #usage: Usage | undefined;
  #cost: CallCost | undefined;
  #responseModel: string | undefined;
  #responseId: string | undefined;
  #firstChunk: FirstChunk | undefined;
  #firstContentWall: number | undefined;
  #measureChunk: ((seconds: number) => void) | undefined;
  /** How its answer was left, while what it cost is not counted yet. */
  #left: { readonly error: unknown; readonly at: number } | undefined;
  #ended = false;

  constructor(
    parts: TelemetryParts,
    facts: AttemptFacts,
    caller: Caller,
    reason: string,
    parent: OtelContext,
    onEnd: () => void,
  ) {
    const { target, request, dropped } = facts;
    this.#parts = parts;
    this.#facts = facts;
    this.#operation = request.operation ?? "chat";
    this.#caller = caller;
    this.#startedAt = parts.clock.now();
    this.#startedAtWall = parts.clock.wall();
    this.#onEnd = onEnd;
    this.reason = reason;
    this.span = startSpan(
      parts.tracer,
      spanName.inference(this.#operation, target.model),
      {
        kind: SpanKind.CLIENT,
        attributes: this.#startAttributes(),
        startTime: this.#startedAtWall,
      },
      parent,
    );
    // Also where the span is not sampled: whoever wants to see what was said wants to see all of it.
    this.#content = parts.content?.start(request);
    if (!this.span.isRecording()) return;
    this.span.setAttributes(requestAttributes(request));
    if (dropped.length > 0) this.span.setAttribute(attribute.droppedParams, [...dropped]);
  }

  /** @param seconds Since what came before it, if anything did. */
  batch(batch: EventBatch, seconds: number | undefined): void {
    if (this.#ended) return;
    for (const event of batch) {
      this.#event(event);
      this.#content?.event(event);
    }
    if (seconds === undefined || !this.#facts.request.stream) return;
    // Who answers is known by the second chunk.
    this.#measureChunk ??= this.#parts.metrics.chunks(this.#answerer());
    this.#measureChunk(seconds);
  }

  #event(event: ChatEvent): void {
    if (event.type === "usage") this.#usage = event.usage;
    else if (event.type === "reply-end") this.#finishReasons.push(event.finishReason);
    else if (event.type === "reply-start") {
      this.#responseModel = event.model;
      this.#responseId = event.id;
    }
  }

  #startAttributes(): Attributes {
    const { target, providerName, url } = this.#facts;
    return {
      [attribute.genAiOperation]: this.#operation,
      [attribute.genAiProvider]: providerName,
      [attribute.genAiRequestModel]: target.model,
      [attribute.target]: target.id,
      [attribute.attemptReason]: this.reason,
      ...addressAttributes(url),
      ...(this.#caller.sessionId === undefined ? {} : { [attribute.genAiConversationId]: this.#caller.sessionId }),
    };
  }

  /** A call to the target is answered; what earlier ones brought counts for nothing. */
  firstContent(firstChunk: FirstChunk | undefined): void {
    if (this.#ended) return;
    this.#firstChunk = firstChunk;
    this.#firstContentWall = this.#parts.clock.wall();
    this.span.addEvent(spanEvent.firstChunk, {}, firstChunk?.wall);
  }

  paid(cost: CallCost): void {
    this.#cost = cost;
    if (this.#left !== undefined) this.end(undefined);
  }

  /** Its answer is over. Whoever counts what it cost may do so later, when it was read by all stages; it is told then. */
  left(error: unknown): void {
    this.#left = { error, at: this.#parts.clock.now() };
    if (this.#cost !== undefined) this.end(undefined);
  }

  get wasAnswered(): boolean {
    return this.#left !== undefined;
  }

  endIfFailed(): void {
    if (this.lastError !== undefined) this.end(this.lastError);
  }

  /** @param error Why, where nothing else is known of how it ended. */
  end(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
    const cause = this.#left === undefined ? (this.lastError ?? error) : this.#left.error;
    if (cause !== undefined) failFinally(this.span, cause);
    if (this.span.isRecording() || this.#content !== undefined) {
      const attributes = this.#attributes(cause);
      this.span.setAttributes(attributes);
      this.#content?.record(this.span, {
        ...this.#startAttributes(),
        ...requestAttributes(this.#facts.request),
        ...attributes,
        ...(cause === undefined ? {} : { [attribute.errorType]: errorType(cause) }),
      });
    }
    const ms = (this.#left?.at ?? this.#parts.clock.now()) - this.#startedAt;
    endSpan(this.span, this.#startedAtWall + ms);
    this.#measure(cause, ms / 1000);
  }

  #attributes(cause: unknown): Attributes {
    const { request } = this.#facts;
    const { settings } = this.#parts;
    const usage = this.#cost?.usage ?? this.#usage;
    const { costNanoUsd, costSource } = this.#cost ?? {};
    const reasons =
      cause === undefined || this.#left === undefined ? this.#finishReasons : [...this.#finishReasons, "error"];
    return {
      ...(this.#responseId === undefined ? {} : { [attribute.genAiResponseId]: this.#responseId }),
      ...(this.#responseModel === undefined ? {} : { [attribute.genAiResponseModel]: this.#responseModel }),
      ...(reasons.length === 0 ? {} : { [attribute.genAiFinishReasons]: reasons }),
      ...(this.#firstChunk === undefined || !request.stream
        ? {}
        : { [attribute.genAiTimeToFirstChunk]: this.#firstChunk.seconds }),
      ...(usage === undefined ? {} : usageAttributes(usage, settings.semconv)),
      ...(costNanoUsd === undefined
        ? {}
        : { [attribute.costAmount]: costNanoUsd / 1e9, [attribute.costCurrency]: "USD" }),
      ...(costSource === undefined ? {} : { [attribute.costSource]: costSource }),
      ...inferenceCompat(
        settings.compat,
        this.#operation,
        request.stream ? this.#firstContentWall : undefined,
        costNanoUsd,
      ),
    };
  }

  #answerer(): AnswererFacts {
    const { target, providerName, url } = this.#facts;
    return {
      operation: this.#operation,
      target,
      providerName,
      responseModel: this.#responseModel,
      serverAddress: url.hostname,
      principal: this.#caller.principal,
    };
  }

  #measure(cause: unknown, seconds: number): void {
    const { metrics } = this.#parts;
    if (!metrics.enabled()) return;
    metrics.inference({
      ...this.#answerer(),
      errorType: cause === undefined ? undefined : errorType(cause),
      seconds,
      usage: this.#cost?.usage ?? this.#usage,
      firstChunkSeconds: this.#facts.request.stream ? this.#firstChunk?.seconds : undefined,
    });
  }
}
