import {
  trace,
  type Attributes,
  type AttributeValue,
  type Context,
  type Span,
  type SpanContext,
  type SpanOptions,
  type SpanStatus,
  type Tracer,
} from "@opentelemetry/api";
import type { Clock } from "../pipeline/clock.ts";
import type { LateTracer } from "./late-tracer.ts";
import { drawBars, type Bar } from "./waterfall.ts";

/**
 * A tracer that also draws each request when it is over: the tree of its spans on the left, where the time went on the
 * right. It needs no SDK; where there is one, that is told all the same.
 *
 * @param show Gets the drawing, as lines of text.
 */
export const createDrawingTracer = (tracer: Tracer, clock: Clock, show: (drawing: string) => void): LateTracer => ({
  isHeard: () => true,
  startSpan: (name, options, context) => new DrawnSpan({ tracer, clock, show }, name, options, context),
  // Nobody in the gateway asks for one; a tracer must have it.
  startActiveSpan: tracer.startActiveSpan.bind(tracer),
});

interface Studio {
  readonly tracer: Tracer;
  readonly clock: Clock;
  readonly show: (drawing: string) => void;
}

/** Spans by their contexts: without an SDK they have no ids, and a stage sees its spans through one of its own. */
const drawn = new WeakMap<SpanContext, DrawnSpan>();

class DrawnSpan implements Span {
  readonly #studio: Studio;
  readonly #span: Span;
  readonly #context: SpanContext;
  readonly #name: string;
  readonly #isRoot: boolean;
  readonly #children: DrawnSpan[] = [];
  readonly #attributes: Attributes = {};
  readonly #startedAt: number;
  #endedAt: number | undefined;

  constructor(studio: Studio, name: string, options: SpanOptions = {}, context?: Context) {
    const { clock, tracer } = studio;
    this.#studio = studio;
    this.#name = name;
    this.#span = tracer.startSpan(name, options, context);
    this.#context = { ...this.#span.spanContext() };
    drawn.set(this.#context, this);
    // A span that is told of late has its start in milliseconds since the Unix epoch.
    const { startTime } = options;
    this.#startedAt = clock.now() - (typeof startTime === "number" ? clock.wall() - startTime : 0);
    Object.assign(this.#attributes, options.attributes);
    const above = context === undefined ? undefined : trace.getSpanContext(context);
    const parent = above === undefined ? undefined : drawn.get(above);
    this.#isRoot = parent === undefined;
    if (parent !== undefined) parent.#children.push(this);
  }

  /** This span and those below it, as they began. */
  #bars(depth: number, now: number): Bar[] {
    const below = this.#children.toSorted((a, b) => a.#startedAt - b.#startedAt);
    const bar = {
      name: this.#name,
      depth,
      startedAt: this.#startedAt,
      endedAt: this.#endedAt ?? now,
      attributes: this.#attributes,
    };
    return [bar, ...below.flatMap((span) => span.#bars(depth + 1, now))];
  }

  end(...time: Parameters<Span["end"]>): void {
    this.#span.end(...time);
    if (this.#endedAt !== undefined) return;
    const now = this.#studio.clock.now();
    this.#endedAt = now;
    if (this.#isRoot) this.#studio.show(drawBars(this.#bars(0, now)));
  }

  spanContext(): SpanContext {
    return this.#context;
  }
  isRecording(): boolean {
    return this.#endedAt === undefined;
  }
  setAttribute(key: string, value: AttributeValue): this {
    this.#attributes[key] = value;
    this.#span.setAttribute(key, value);
    return this;
  }
  setAttributes(attributes: Attributes): this {
    Object.assign(this.#attributes, attributes);
    this.#span.setAttributes(attributes);
    return this;
  }
  addEvent(...event: Parameters<Span["addEvent"]>): this {
    this.#span.addEvent(...event);
    return this;
  }
  addLink(...link: Parameters<Span["addLink"]>): this {
    this.#span.addLink(...link);
    return this;
  }
  addLinks(...links: Parameters<Span["addLinks"]>): this {
    this.#span.addLinks(...links);
    return this;
  }
  recordException(...exception: Parameters<Span["recordException"]>): void {
    this.#span.recordException(...exception);
  }
  setStatus(status: SpanStatus): this {
    this.#span.setStatus(status);
    return this;
  }
  updateName(name: string): this {
    this.#span.updateName(name);
    return this;
  }
}
