import { context as active, trace } from "@opentelemetry/api";
import type { EventBatch } from "../chat/event.ts";
import type { FinishList } from "../chat/finish.ts";
import { promised, pull, type BatchSource, type Pulled, type Reply } from "../chat/reply.ts";
import type { Target } from "../chat/target.ts";
import { deriveContext, requireValue, type Context, type ContextChange } from "../pipeline/context.ts";
import type { Next, Stage } from "../pipeline/stage.ts";
import type { TelemetrySettings } from "./options.ts";
import { telemetryKey, type RequestTelemetry } from "./request-telemetry.ts";
import { StageSpan } from "./stage-span.ts";

/**
 * Wraps a stage in its spans: one for the way in (or around everything, for an enclosing stage), one for its work on
 * the reply where there was any, and one over the stream it reads.
 */
export const observeStage = (stage: Stage, index: number, { stages }: Pick<TelemetrySettings, "stages">): Stage => {
  const hasSpans = stages === "all" || (stages !== "none" && stages.includes(stage.name));
  return { ...stage, run: (context, next) => runObserved(stage, index, hasSpans, context, next) };
};

const runObserved = (stage: Stage, index: number, hasSpans: boolean, context: Context, next: Next): Promise<Reply> => {
  const request = requireValue(context, telemetryKey);
  const span = new StageSpan(request, context.span, stage, index, hasSpans);
  let inner: { readonly reply: Reply; readonly shown: Reply; readonly work: StreamWork } | undefined;
  let innerError: unknown;

  const passOn = async (change?: ContextChange): Promise<Reply> => {
    span.leave();
    // `span` is the one field that only the pipeline may change, so it is not in the type that stages see.
    const inside = stage.span === "enclose" && hasSpans ? ({ ...change, span } as ContextChange) : change;
    try {
      const reply = await active.with(request.otelContext, () => next(inside));
      const work = new StreamWork(request, span);
      inner = { reply, shown: new IncomingReply(reply, work), work };
      return inner.shown;
    } catch (error) {
      innerError = error;
      throw error;
    } finally {
      span.comeBack();
    }
  };
  const run = async (): Promise<Reply> => {
    try {
      const reply = await stage.run(deriveContext(context, { span }), passOn);
      span.returned(inner === undefined ? "short_circuit" : "next");
      if (inner === undefined) return reply;
      // A stage that does not look at the reply has no part in the stream.
      return reply === inner.shown ? inner.reply : new OutgoingReply(reply, inner.work);
    } catch (error) {
      span.threw(error, error !== innerError);
      throw error;
    }
  };
  return active.with(trace.setSpan(request.otelContext, span.current()), run);
};

/** A stage's part in a stream: from the first batch that comes to it, counting only the time it works itself. */
class StreamWork {
  readonly #request: RequestTelemetry;
  readonly #span: StageSpan;
  #context = active.active();
  #isOpen = false;
  #busyMs = 0;
  /** Since when the stage works; `undefined` while it waits for somebody else. */
  #since: number | undefined;
  #chunksIn = 0;
  #chunksOut = 0;
  #passing: unknown;

  constructor(request: RequestTelemetry, span: StageSpan) {
    this.#request = request;
    this.#span = span;
  }

  /** Asks the stage for its next batch, with its span as the active one. */
  ask(source: BatchSource): Pulled {
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#context = trace.setSpan(this.#request.otelContext, this.#span.startStream());
    }
    this.#resume();
    return active.with(this.#context, () => pull(source));
  }

  /** The stage gave a batch, or the end. */
  gave(result: IteratorResult<EventBatch>): IteratorResult<EventBatch> {
    this.#pause();
    if (result.done !== true) this.#chunksOut++;
    return result;
  }

  /** The stage asks for what comes to it. */
  waits(): void {
    this.#pause();
  }

  /** A batch comes to the stage, or the end. */
  came(result: IteratorResult<EventBatch>): IteratorResult<EventBatch> {
    this.#resume();
    if (result.done !== true) this.#chunksIn++;
    return result;
  }

  /** What came to the stage was a failure, which it can only hand on. */
  broke(error: unknown): void {
    this.#passing = error;
    this.#resume();
  }

  end(error: unknown): void {
    this.#pause();
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#span.endStream(this.#busyMs, this.#chunksIn, this.#chunksOut, error === this.#passing ? undefined : error);
  }

  #resume(): void {
    this.#since ??= this.#request.parts.clock.now();
  }

  #pause(): void {
    if (this.#since === undefined) return;
    this.#busyMs += this.#request.parts.clock.now() - this.#since;
    this.#since = undefined;
  }
}

/** A reply that is watched on its way; batches and iterator too, as every reply in the gateway is. */
abstract class WatchedReply implements Reply, AsyncIterable<EventBatch>, BatchSource {
  readonly target?: Target;
  /** A field of its own, so that a copy made by spreading has it too. */
  readonly batches: AsyncIterable<EventBatch> = this;
  readonly finished: FinishList;
  readonly cancel: Reply["cancel"];
  protected readonly source: BatchSource;
  protected readonly work: StreamWork;

  constructor(reply: Reply, work: StreamWork) {
    this.source = reply.batches[Symbol.asyncIterator]();
    this.work = work;
    this.finished = reply.finished;
    this.cancel = reply.cancel;
    if (reply.target !== undefined) this.target = reply.target;
  }

  abstract pull(): Pulled;

  next(): Promise<IteratorResult<EventBatch>> {
    return promised(this);
  }

  return(): Promise<IteratorResult<EventBatch>> {
    return this.source.return?.() ?? Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** What comes to a stage. */
class IncomingReply extends WatchedReply {
  pull(): Pulled {
    this.work.waits();
    let pulled: Pulled;
    try {
      pulled = pull(this.source);
    } catch (error) {
      return this.#broke(error);
    }
    return pulled instanceof Promise ? pulled.then(this.#came, this.#broke) : this.#came(pulled);
  }

  readonly #came = (result: IteratorResult<EventBatch>): IteratorResult<EventBatch> => this.work.came(result);

  readonly #broke = (error: unknown): never => {
    this.work.broke(error);
    throw error;
  };
}

/** What a stage gives. */
class OutgoingReply extends WatchedReply {
  constructor(reply: Reply, work: StreamWork) {
    super(reply, work);
    reply.finished.add(({ exit, error }) => work.end(exit === "failed" ? error : undefined));
  }

  pull(): Pulled {
    const pulled = this.work.ask(this.source);
    return pulled instanceof Promise ? pulled.then(this.#gave) : this.#gave(pulled);
  }

  readonly #gave = (result: IteratorResult<EventBatch>): IteratorResult<EventBatch> => this.work.gave(result);
}
