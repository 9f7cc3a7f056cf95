import {
  SpanKind,
  trace,
  type Attributes,
  type AttributeValue,
  type Span,
  type SpanContext,
  type SpanStatus,
} from "@opentelemetry/api";
import { GatewayError } from "../errors.ts";
import type { Stage } from "../pipeline/stage.ts";
import { stageCompat } from "./compat.ts";
import { failFinally } from "./fail.ts";
import { silentSpan, type RequestTelemetry } from "./request-telemetry.ts";
import { attribute, spanName } from "./semconv.ts";

type Phase = "request" | "response" | "stream" | "enclose";
type StageOutcome = "next" | "short_circuit" | "error";

/** Below this a reply that a stage only hands on gets no span of its own. */
const shortestResponseMs = 1;

/**
 * What a stage sees as `context.span`: whichever of its spans is open, so that an attribute set while it works on the
 * reply lands on the span of that phase. It also measures the phases, for those who only want to know how long.
 */
export class StageSpan implements Span {
  readonly #request: RequestTelemetry;
  readonly #parent: Span;
  readonly #stage: Stage;
  readonly #index: number;
  readonly #hasSpans: boolean;
  #span: Span;
  #phase: Phase;
  #phaseBegan: number;
  /** When `next` came back, in milliseconds since the Unix epoch. */
  #cameBackAt = 0;
  /** The stage is done with this phase, and nothing more is told of it. */
  #isSilent = false;

  constructor(request: RequestTelemetry, parent: Span, stage: Stage, index: number, hasSpans: boolean) {
    this.#request = request;
    this.#parent = parent;
    this.#stage = stage;
    this.#index = index;
    this.#hasSpans = hasSpans;
    this.#phase = stage.span === "enclose" ? "enclose" : "request";
    this.#phaseBegan = request.parts.clock.now();
    this.#span = this.#start(this.#phase, parent);
  }

  #start(phase: Phase, parent: Span, startTime?: number): Span {
    if (!this.#hasSpans) return silentSpan;
    return this.#request.parts.tracer.startSpan(
      spanName.stage(this.#stage.name),
      {
        kind: SpanKind.INTERNAL,
        attributes: {
          [attribute.stageName]: this.#stage.name,
          [attribute.stagePhase]: phase,
          [attribute.stageIndex]: this.#index,
          ...stageCompat(this.#request.parts.settings.compat, this.#stage.name),
        },
        ...(startTime === undefined ? {} : { startTime }),
      },
      trace.setSpan(this.#request.otelContext, parent),
    );
  }

  #end(outcome: StageOutcome, error?: unknown): void {
    const { metrics, clock } = this.#request.parts;
    const seconds = (clock.now() - this.#phaseBegan) / 1000;
    metrics.stage({ name: this.#stage.name, phase: this.#phase, outcome, seconds });
    if (!this.#span.isRecording()) return;
    this.#span.setAttribute(attribute.stageOutcome, outcome);
    // A refusal is a verdict, not a failure of the stage.
    if (error !== undefined && (!GatewayError.is(error) || error.status >= 500)) failFinally(this.#span, error);
    this.#span.end();
  }

  /** The span that is open now. */
  current(): Span {
    return this.#span;
  }

  /** The stage called `next`. */
  leave(): void {
    if (this.#phase !== "request") return;
    this.#end("next");
    this.#phase = "response";
    this.#isSilent = true;
  }

  /** `next` came back. */
  comeBack(): void {
    const { clock } = this.#request.parts;
    this.#cameBackAt = clock.wall();
    if (this.#phase === "response") this.#phaseBegan = clock.now();
  }

  /** The span of the work on the reply, opened late: most stages do none. */
  #open(): Span {
    if (this.#phase === "response" && this.#isSilent) {
      this.#isSilent = false;
      this.#span = this.#start("response", this.#parent, this.#cameBackAt);
    }
    return this.#span;
  }

  /** The stage brought its reply. */
  returned(outcome: "next" | "short_circuit"): void {
    const isLong = this.#request.parts.clock.now() - this.#phaseBegan >= shortestResponseMs;
    if (this.#phase === "response" && isLong) this.#open();
    if (!this.#isSilent) this.#end(outcome);
    this.#phase = "stream";
  }

  /** The stage failed; an error that only passed through it is not its own, and stays where it happened. */
  threw(error: unknown, isOwn: boolean): void {
    if (this.#phase === "response" && this.#isSilent) {
      if (!isOwn) return;
      this.#open();
    }
    this.#end(
      isOwn || this.#phase === "enclose" ? "error" : "next",
      isOwn || this.#phase === "enclose" ? error : undefined,
    );
  }

  /** The first batch of the reply comes to the stage. */
  startStream(): Span {
    this.#phaseBegan = this.#request.parts.clock.now();
    this.#span = this.#start("stream", this.#request.span);
    return this.#span;
  }

  /** The reply is over; `error` where the stage itself broke it. */
  endStream(busyMs: number, chunksIn: number, chunksOut: number, error: unknown): void {
    const { metrics } = this.#request.parts;
    const outcome = error === undefined ? "next" : "error";
    metrics.stage({ name: this.#stage.name, phase: "stream", outcome, seconds: busyMs / 1000 });
    if (!this.#span.isRecording()) return;
    this.#span.setAttributes({
      [attribute.stageBusyTime]: busyMs / 1000,
      [attribute.chunksIn]: chunksIn,
      [attribute.chunksOut]: chunksOut,
    });
    if (error !== undefined) failFinally(this.#span, error);
    this.#span.end();
  }

  spanContext(): SpanContext {
    return this.#span.spanContext();
  }
  isRecording(): boolean {
    return this.#hasSpans && this.#request.span.isRecording();
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
