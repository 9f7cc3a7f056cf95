import {
  SpanKind,
  trace,
  type Attributes,
  type AttributeValue,
  type Context as OtelContext,
  type Span,
  type SpanContext,
  type SpanStatus,
} from "@opentelemetry/api";
import { GatewayError } from "../errors.ts";
import type { Stage } from "../pipeline/stage.ts";
import { stageCompat } from "./compat.ts";
import { failFinally } from "./fail.ts";
import type { RequestTelemetry } from "./request-telemetry.ts";
import { endSpan, silentSpan, startSpan } from "./safe-span.ts";
import { attribute, spanName } from "./semconv.ts";

type Phase = "request" | "response" | "stream" | "enclose" | "over";
type StageOutcome = "next" | "short_circuit" | "error";

/** Below this a reply that a stage only hands on gets no span of its own. */
const shortestResponseMs = 1;

/** A refusal is a verdict, not a failure. */
const isVerdict = (error: unknown): boolean => GatewayError.is(error) && error.status < 500;

/** The context in which somebody works who is called by the one whose span this is. */
export const contextUnder = (request: Pick<RequestTelemetry, "span" | "otelContext">, span: Span): OtelContext => {
  if (span === request.span) return request.otelContext;
  return span instanceof StageSpan ? span.otelContext() : trace.setSpan(request.otelContext, span);
};

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
  /** Of the phase, in milliseconds of the clock. */
  #beganAt: number;
  /** The same since the Unix epoch, where the span may be opened later than that. */
  #beganAtWall: number | undefined;
  /** Something can be told of the phase. */
  #isOpen = true;
  /** With the span of the phase as the active one. */
  #context: OtelContext;

  constructor(request: RequestTelemetry, parent: Span, stage: Stage, index: number, hasSpans: boolean) {
    this.#request = request;
    this.#parent = parent;
    this.#stage = stage;
    this.#index = index;
    this.#hasSpans = hasSpans;
    this.#phase = stage.span === "enclose" ? "enclose" : "request";
    this.#beganAt = request.parts.clock.now();
    this.#context = contextUnder(request, parent);
    this.#span = this.#start();
  }

  /** A stage without spans works in those of whoever it works for. */
  #start(): Span {
    if (!this.#hasSpans) return silentSpan;
    const span = startSpan(
      this.#request.parts.tracer,
      spanName.stage(this.#stage.name),
      {
        kind: SpanKind.INTERNAL,
        attributes: {
          [attribute.stageName]: this.#stage.name,
          [attribute.stagePhase]: this.#phase,
          [attribute.stageIndex]: this.#index,
          ...stageCompat(this.#request.parts.settings.compat, this.#stage.name),
        },
        ...(this.#beganAtWall === undefined ? {} : { startTime: this.#beganAtWall }),
      },
      this.#context,
    );
    this.#context = trace.setSpan(this.#request.otelContext, span);
    return span;
  }

  #end(outcome: StageOutcome, seconds: number, error?: unknown): void {
    this.#isOpen = false;
    this.#request.parts.metrics.stage({ name: this.#stage.name, phase: this.#phase, outcome, seconds });
    this.#span.setAttribute(attribute.stageOutcome, outcome);
    if (outcome === "error" && error !== undefined) failFinally(this.#span, error);
    endSpan(this.#span, this.#beganAtWall === undefined ? undefined : this.#beganAtWall + seconds * 1000);
  }

  #seconds(): number {
    return (this.#request.parts.clock.now() - this.#beganAt) / 1000;
  }

  /** The context in which the stage works now. */
  otelContext(): OtelContext {
    return this.#context;
  }

  /** The stage called `next`. */
  leave(): void {
    if (this.#phase !== "request" || !this.#isOpen) return;
    this.#end("next", this.#seconds());
    this.#phase = "response";
    this.#beginResponse();
  }

  /** `next` came back. */
  comeBack(): void {
    if (this.#phase === "response" && !this.#isOpen) this.#beginResponse();
  }

  #beginResponse(): void {
    const { clock } = this.#request.parts;
    this.#beganAt = clock.now();
    this.#beganAtWall = clock.wall();
  }

  /** The span that can be told something; that of the work on the reply is opened late, as most stages do none. */
  #open(): Span {
    if (this.#phase === "response" && !this.#isOpen) {
      this.#context = contextUnder(this.#request, this.#parent);
      this.#span = this.#start();
      this.#isOpen = true;
    }
    return this.#isOpen ? this.#span : silentSpan;
  }

  /** The stage brought its reply. */
  returned(outcome: "next" | "short_circuit"): void {
    const seconds = this.#seconds();
    if (this.#phase === "response" && seconds * 1000 >= shortestResponseMs) this.#open();
    this.#leaveRun(outcome, seconds);
  }

  /** The stage failed; an error that only passed through it is not its own, and stays where it happened. */
  threw(error: unknown, isOwn: boolean): void {
    if (isOwn) this.#open();
    const failed = (isOwn || this.#phase === "enclose") && !isVerdict(error);
    this.#leaveRun(failed ? "error" : isOwn ? "short_circuit" : "next", this.#seconds(), error);
  }

  /** The stage never came to its end. */
  abandon(): void {
    this.#leaveRun("error", this.#seconds());
    this.#phase = "over";
  }

  #leaveRun(outcome: StageOutcome, seconds: number, error?: unknown): void {
    if (this.#phase === "over") return;
    if (this.#isOpen) this.#end(outcome, seconds, error);
    this.#phase = "stream";
  }

  /** The first batch of the reply comes to the stage. */
  startStream(): void {
    if (this.#phase !== "stream") return;
    this.#beganAtWall = undefined;
    this.#context = this.#request.otelContext;
    this.#span = this.#start();
    this.#isOpen = true;
  }

  /** The reply is over; `error` where the stage itself broke it. */
  endStream(busyMs: number, chunksIn: number, chunksOut: number, error: unknown): void {
    if (!this.#isOpen) return;
    this.#span.setAttributes({
      [attribute.stageBusyTime]: busyMs / 1000,
      [attribute.chunksIn]: chunksIn,
      [attribute.chunksOut]: chunksOut,
    });
    const outcome = error === undefined ? "next" : isVerdict(error) ? "short_circuit" : "error";
    this.#end(outcome, busyMs / 1000, error);
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
