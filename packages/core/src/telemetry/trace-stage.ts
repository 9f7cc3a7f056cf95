import {
  context as active,
  SpanKind,
  trace,
  type Attributes,
  type AttributeValue,
  type Span,
  type SpanContext,
  type SpanStatus,
} from "@opentelemetry/api";
import { mapBatches } from "../chat/map-reply.ts";
import type { Reply } from "../chat/reply.ts";
import { GatewayError } from "../errors.ts";
import { deriveContext, requireValue, type ContextChange } from "../pipeline/context.ts";
import type { Stage } from "../pipeline/stage.ts";
import { attribute, spanName } from "./semconv.ts";
import { fail, traceKey, type RequestTrace } from "./trace.ts";

type Phase = "request" | "response" | "stream" | "enclose";

/** Below this a reply that a stage only hands on gets no span of its own. */
const shortestResponseMs = 1;

/**
 * Wraps a stage in its spans: one for the way in (or around everything, for an enclosing stage), one for its work on
 * the reply where there was any, and one over the stream it reads.
 */
export const traceStage = (stage: Stage, index: number): Stage => ({
  ...stage,
  run: (context, next) => {
    const request = requireValue(context, traceKey);
    const stageSpan = new StageSpan(request, context.span, stage, index, context.clock.wall);
    let inner: Reply | undefined;
    const passOn = async (change?: ContextChange): Promise<Reply> => {
      stageSpan.leave();
      // `span` is the one field that only the pipeline may change, so it is not in the type that stages see.
      const inside = stage.span === "enclose" ? ({ ...change, span: stageSpan } as ContextChange) : change;
      try {
        inner = await active.with(request.otelContext, () => next(inside));
        return inner;
      } finally {
        stageSpan.comeBack();
      }
    };
    const run = async (): Promise<Reply> => {
      try {
        const reply = await stage.run(deriveContext(context, { span: stageSpan }), passOn);
        stageSpan.returned(inner === undefined ? "short_circuit" : "next");
        return reply === inner || inner === undefined ? reply : traceStream(reply, stageSpan);
      } catch (error) {
        stageSpan.threw(error);
        throw error;
      }
    };
    return active.with(trace.setSpan(request.otelContext, stageSpan.current()), run);
  },
});

/** The stage reads the reply: a span over the time it does. */
const traceStream = (reply: Reply, stageSpan: StageSpan): Reply => {
  let chunks = 0;
  let span: Span | undefined;
  const end = (error?: unknown): void => {
    if (span?.isRecording() !== true) return;
    span.setAttribute(attribute.chunksOut, chunks);
    if (error !== undefined) fail(span, error);
    span.end();
  };
  reply.finished.add(({ exit, error }) => {
    // After a proper end the stage may still flush what it held back; that is told below.
    if (exit !== "complete") end(exit === "failed" ? error : undefined);
  });
  return mapBatches(
    reply,
    (batch) => {
      span ??= stageSpan.startStream();
      chunks++;
      return batch;
    },
    { flush: () => end() },
  );
};

/**
 * What a stage sees as `context.span`: whichever of its spans is open, so that an attribute set while it works on the
 * reply lands on the span of that phase.
 */
class StageSpan implements Span {
  readonly #request: RequestTrace;
  readonly #parent: Span;
  readonly #stage: Stage;
  readonly #index: number;
  readonly #wall: () => number;
  #span: Span;
  #phase: Phase;
  #cameBackAt = 0;

  constructor(request: RequestTrace, parent: Span, stage: Stage, index: number, wall: () => number) {
    this.#request = request;
    this.#parent = parent;
    this.#stage = stage;
    this.#index = index;
    this.#wall = wall;
    this.#phase = stage.span === "enclose" ? "enclose" : "request";
    this.#span = this.#start(this.#phase, parent);
  }

  #start(phase: Phase, parent: Span, startTime?: number): Span {
    return this.#request.tracer.startSpan(
      spanName.stage(this.#stage.name),
      {
        kind: SpanKind.INTERNAL,
        attributes: {
          [attribute.stageName]: this.#stage.name,
          [attribute.stagePhase]: phase,
          [attribute.stageIndex]: this.#index,
        },
        ...(startTime === undefined ? {} : { startTime }),
      },
      trace.setSpan(this.#request.otelContext, parent),
    );
  }

  /** The span to be the active one while the stage runs. */
  current(): Span {
    return this.#span;
  }

  /** The stage called `next`. */
  leave(): void {
    if (this.#phase !== "request" || !this.#span.isRecording()) return;
    this.#span.setAttribute(attribute.stageOutcome, "next");
    this.#span.end();
  }

  /** `next` came back. */
  comeBack(): void {
    this.#cameBackAt = this.#wall();
    if (this.#phase === "request") this.#phase = "response";
  }

  /** The span of the work on the reply, opened late: most stages do none. */
  #open(): Span {
    if (this.#phase === "response" && !this.#span.isRecording()) {
      this.#span = this.#start("response", this.#parent, this.#cameBackAt);
    }
    return this.#span;
  }

  returned(outcome: "next" | "short_circuit"): void {
    if (this.#phase === "response" && this.#wall() - this.#cameBackAt >= shortestResponseMs) this.#open();
    if (this.#span.isRecording()) {
      this.#span.setAttribute(attribute.stageOutcome, outcome);
      this.#span.end();
    }
    this.#phase = "stream";
  }

  threw(error: unknown): void {
    // An error that only passes through is not this stage's: it stays on the span where it happened.
    if (this.#phase === "response" && !this.#span.isRecording()) return;
    this.#span.setAttribute(attribute.stageOutcome, "error");
    // A refusal is a verdict, not a failure of the stage.
    if (!GatewayError.is(error) || error.status >= 500) fail(this.#span, error);
    this.#span.end();
  }

  startStream(): Span {
    this.#span = this.#start("stream", this.#request.span);
    return this.#span;
  }

  spanContext(): SpanContext {
    return this.#span.spanContext();
  }
  isRecording(): boolean {
    return true;
  }
  setAttribute(key: string, value: AttributeValue): this {
    this.#open().setAttribute(key, value);
    return this;
  }
  setAttributes(attributes: Attributes): this {
    this.#open().setAttributes(attributes);
    return this;
  }
  addEvent(...event: Parameters<Span["addEvent"]>): this {
    this.#open().addEvent(...event);
    return this;
  }
  addLink(...link: Parameters<Span["addLink"]>): this {
    this.#open().addLink(...link);
    return this;
  }
  addLinks(...links: Parameters<Span["addLinks"]>): this {
    this.#open().addLinks(...links);
    return this;
  }
  recordException(...exception: Parameters<Span["recordException"]>): void {
    this.#open().recordException(...exception);
  }
  setStatus(status: SpanStatus): this {
    this.#open().setStatus(status);
    return this;
  }
  updateName(): this {
    return this;
  }
  /** Only the pipeline ends a stage's span. */
  end(): void {}
}
