import { context as active } from "@opentelemetry/api";
import type { EventBatch } from "../chat/event.ts";
import type { FinishList } from "../chat/finish.ts";
import { promised, pull, type Pulled } from "../chat/pull.ts";
import type { BatchSource, Reply } from "../chat/reply.ts";
import type { Target } from "../chat/target.ts";
import { deriveContext, requireValue, type Context, type ContextChange } from "../pipeline/context.ts";
import type { Next, Stage } from "../pipeline/stage.ts";
import type { TelemetrySettings } from "./options.ts";
import { telemetryKey } from "./request-telemetry.ts";
import { silentSpan } from "./safe-span.ts";
import { StageSpan } from "./stage-span.ts";
import { StreamWork } from "./stream-work.ts";

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
      if (reply instanceof IncomingReply) return reply.watched;
      return called ? new OutgoingReply(reply, work) : reply;
    } catch (error) {
      span.threw(error, error !== innerError);
      throw error;
    }
  };
  return active.with(span.otelContext(), run);
};

/**
 * A reply that is watched on its way; batches and iterator too, as every reply in the gateway is. Its functions are made
 * where its fields are: one that is assigned in a constructor stands in the old space of V8, and keeps a request alive
 * until the next full garbage collection.
 */
abstract class WatchedReply implements Reply, AsyncIterable<EventBatch>, BatchSource {
  readonly target?: Target;
  /** A field of its own, so that a copy made by spreading has it too. */
  readonly batches: AsyncIterable<EventBatch> = this;
  readonly finished: FinishList;
  abstract readonly cancel: Reply["cancel"];
  readonly watched: Reply;
  protected readonly source: BatchSource;
  protected readonly work: StreamWork;

  constructor(reply: Reply, work: StreamWork) {
    this.watched = reply;
    this.source = reply.batches[Symbol.asyncIterator]();
    this.work = work;
    this.finished = reply.finished;
    if (reply.target !== undefined) this.target = reply.target;
  }

  abstract pull(): Pulled<EventBatch>;

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
  readonly cancel = (error?: unknown): void => {
    this.work.giveUp(error);
    this.watched.cancel(error);
  };

  constructor(reply: Reply, work: StreamWork) {
    super(reply, work);
    reply.finished.add(({ error }) => work.innerLeft(error));
  }

  pull(): Pulled<EventBatch> {
    this.work.pause();
    let pulled: Pulled<EventBatch>;
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
  readonly cancel = (error?: unknown): void => {
    this.work.givenUp(error);
    this.watched.cancel(error);
  };

  constructor(reply: Reply, work: StreamWork) {
    super(reply, work);
    reply.finished.add(({ exit, error }) => work.end(exit === "failed" ? error : undefined));
  }

  pull(): Pulled<EventBatch> {
    const pulled = this.work.ask(this.source);
    return pulled instanceof Promise ? pulled.then(this.#gave) : this.#gave(pulled);
  }

  readonly #gave = (result: IteratorResult<EventBatch>): IteratorResult<EventBatch> => this.work.gave(result);
}
