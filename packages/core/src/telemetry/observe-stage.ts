import { context as active, type Context as OtelContext } from "@opentelemetry/api";
import type { EventBatch } from "../chat/event.ts";
import type { FinishList } from "../chat/finish.ts";
import { promised, pull, type BatchSource, type Pulled, type Reply } from "../chat/reply.ts";
import type { Target } from "../chat/target.ts";
import { UpstreamError } from "../errors.ts";
import { deriveContext, requireValue, type Context, type ContextChange } from "../pipeline/context.ts";
import type { Next, Stage } from "../pipeline/stage.ts";
import type { TelemetrySettings } from "./options.ts";
import { telemetryKey, type RequestTelemetry } from "./request-telemetry.ts";
import { silentSpan } from "./safe-span.ts";
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
  if (request.isOver) return stage.run(deriveContext(context, { span: silentSpan }), next);
  const span = new StageSpan(request, context.span, stage, index, hasSpans);
  const work = new StreamWork(request, span);
  request.onEnd(() => {
    work.end(undefined);
    span.abandon();
  });
  let called = false;
  let innerError: unknown;

  const passOn = async (change?: ContextChange): Promise<Reply> => {
    called = true;
    span.leave();
    // `span` is the one field that only the pipeline may change, so it is not in the type that stages see.
    const inside = stage.span === "enclose" && hasSpans ? ({ ...change, span } as ContextChange) : change;
    try {
      const inner = await active.with(request.otelContext, () => next(inside));
      return new IncomingReply(inner, work);
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
      span.returned(called ? "next" : "short_circuit");
      // A stage that does not look at the reply has no part in the stream.
      if (reply instanceof IncomingReply) return reply.inner;
      return called ? new OutgoingReply(reply, work) : reply;
    } catch (error) {
      span.threw(error, error !== innerError);
      throw error;
    }
  };
  return active.with(span.otelContext(), run);
};

/** A stage's part in a stream: from the first batch that comes to it, counting only the time it works itself. */
class StreamWork {
  readonly #request: RequestTelemetry;
  readonly #span: StageSpan;
  /** The stage's own, while it has a part in the stream. */
  #context: OtelContext | undefined;
  #isOver = false;
  #busyMs = 0;
  /** Since when the stage works; `undefined` while it waits for somebody else. */
  #since: number | undefined;
  #chunksIn = 0;
  #chunksOut = 0;
  /** Why it gave up what came to it. */
  #own: unknown;
  /** What it can only hand on: a failure inside it, or the wish of somebody outside. */
  #passing: unknown;

  constructor(request: RequestTelemetry, span: StageSpan) {
    this.#request = request;
    this.#span = span;
  }

  /** Asks the stage for its next batch, with its span as the active one. */
  ask(source: BatchSource): Pulled {
    if (this.#isOver) return pull(source);
    if (this.#context === undefined) {
      this.#span.startStream();
      this.#context = this.#span.otelContext();
    }
    this.resume();
    return active.with(this.#context, () => pull(source));
  }

  /** The stage gave a batch, or the end. */
  gave(result: IteratorResult<EventBatch>): IteratorResult<EventBatch> {
    this.pause();
    if (result.done !== true) this.#chunksOut++;
    return result;
  }

  /** A batch comes to the stage, or the end. */
  came(result: IteratorResult<EventBatch>): IteratorResult<EventBatch> {
    this.resume();
    if (result.done !== true) this.#chunksIn++;
    return result;
  }

  /** What comes to the stage was left. */
  innerLeft(error: unknown): void {
    if (error !== this.#own) this.#passing = error;
  }

  /** The stage gives up what comes to it. */
  giveUp(error: unknown): void {
    if (error === this.#passing) return;
    this.#own = error;
    // A stage may also find that what the provider says makes no sense.
    if (!(error instanceof UpstreamError)) this.#request.letGo(error);
  }

  /** Somebody outside gives up what the stage gives. */
  givenUp(error: unknown): void {
    this.#passing = error;
  }

  /** @param error Why the stage's reply failed, where it did. */
  end(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.pause();
    if (this.#context === undefined) return;
    this.#span.endStream(this.#busyMs, this.#chunksIn, this.#chunksOut, error === this.#passing ? undefined : error);
  }

  /** The stage works on. */
  resume(): void {
    if (!this.#isOver) this.#since ??= this.#request.parts.clock.now();
  }

  /** The stage waits for somebody else. */
  pause(): void {
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
  abstract readonly cancel: Reply["cancel"];
  protected readonly source: BatchSource;
  protected readonly work: StreamWork;

  constructor(reply: Reply, work: StreamWork) {
    this.source = reply.batches[Symbol.asyncIterator]();
    this.work = work;
    this.finished = reply.finished;
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
  readonly inner: Reply;
  readonly cancel: Reply["cancel"];

  constructor(inner: Reply, work: StreamWork) {
    super(inner, work);
    this.inner = inner;
    this.cancel = (error) => {
      work.giveUp(error);
      inner.cancel(error);
    };
    inner.finished.add(({ error }) => work.innerLeft(error));
  }

  pull(): Pulled {
    this.work.pause();
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
    this.work.resume();
    throw error;
  };
}

/** What a stage gives. */
class OutgoingReply extends WatchedReply {
  readonly cancel: Reply["cancel"];

  constructor(reply: Reply, work: StreamWork) {
    super(reply, work);
    this.cancel = (error) => {
      work.givenUp(error);
      reply.cancel(error);
    };
    reply.finished.add(({ exit, error }) => work.end(exit === "failed" ? error : undefined));
  }

  pull(): Pulled {
    const pulled = this.work.ask(this.source);
    return pulled instanceof Promise ? pulled.then(this.#gave) : this.#gave(pulled);
  }

  readonly #gave = (result: IteratorResult<EventBatch>): IteratorResult<EventBatch> => this.work.gave(result);
}
