import type { ChatEvent, EventBatch } from "./event.ts";
import { createFinishList, type Finish, type FinishList } from "./finish.ts";
import { promised, pull, type Pulled, type Source } from "./pull.ts";
import type { Target } from "./target.ts";

/**
 * An answer on its way out: a sequence of events, whole and streamed alike. Read it once. It ends in one `reply-end`
 * a choice, or throws.
 */
export interface Reply {
  /** Who answers, or whose earlier answer this is; absent where it is nobody's. */
  readonly target?: Target;
  readonly batches: AsyncIterable<EventBatch>;
  /** Fires once, however the reply is left. */
  readonly finished: FinishList;
  /** Gives the reply up and stops the provider's answer if it still runs. With an error the reply counts as failed. */
  readonly cancel: (error?: unknown) => void;
}

export interface ReplySource {
  readonly target?: Target;
  readonly batches: BatchSource;
  /** Client gone or deadline passed: the reply ends as `aborted`, also while nobody reads. */
  readonly signal?: AbortSignal;
}

/** Makes a reply from its batches and sees to it that the finish list fires exactly once. */
export const createReply = ({ signal, ...source }: ReplySource): Reply => {
  const reply = createAbortableReply(source);
  if (signal === undefined) return reply;
  const onAbort = (): void => reply.abort(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  reply.finished.add(() => signal.removeEventListener("abort", onAbort));
  return reply;
};

/** A reply whose maker tells it when the client has gone, for makers who listen to the signal anyway. */
export interface AbortableReply extends Reply {
  /** Ends the reply as `aborted`, also while nobody reads. */
  abort(reason: unknown): void;
}

/** Makes a reply that is aborted by hand. */
export const createAbortableReply = ({ target, batches }: Omit<ReplySource, "signal">): AbortableReply =>
  new ReplyReader(batches, target);

/** Batches on their way through the stages. */
export type BatchSource = Source<EventBatch>;

const ignore = (): void => undefined;

/**
 * Shows a reply's batches to `visit`, one after the other; a promise only where one of them has to be waited for.
 *
 * @param beforeWait Called whenever the next batch is not at hand; where it returns a promise, that is waited for first.
 * @throws what the reply throws, or what a callback does, which leaves the reply.
 */
export const readBatches = (
  reply: Reply,
  visit: (batch: EventBatch) => void,
  beforeWait: () => Promise<void> | undefined = () => undefined,
): Promise<void> | undefined => {
  const source: BatchSource = reply.batches[Symbol.asyncIterator]();
  try {
    for (;;) {
      const pulled = pull(source);
      if (pulled instanceof Promise) return waitForBatches(source, pulled, visit, beforeWait);
      if (pulled.done === true) return undefined;
      visit(pulled.value);
    }
  } catch (error) {
    return leave(source, error);
  }
};

const waitForBatches = async (
  source: BatchSource,
  first: Promise<IteratorResult<EventBatch>>,
  visit: (batch: EventBatch) => void,
  beforeWait: () => Promise<void> | undefined,
): Promise<void> => {
  try {
    for (let pulled: Pulled<EventBatch> = first; ; pulled = pull(source)) {
      const pause = pulled instanceof Promise ? beforeWait() : undefined;
      if (pulled instanceof Promise && pause !== undefined) {
        // It may fail while nobody waits for it yet.
        pulled.catch(ignore);
        await pause;
      }
      const result = pulled instanceof Promise ? await pulled : pulled;
      if (result.done === true) return;
      visit(result.value);
    }
  } catch (error) {
    await leave(source, error);
  }
};

/** Leaves a reply for an error, which does nothing where it was the reply that failed. */
const leave = async (source: BatchSource, error: unknown): Promise<never> => {
  await source.return?.().catch(ignore);
  throw error;
};

const over: IteratorResult<EventBatch> = { done: true, value: undefined };

/**
 * Reads a reply's batches and tells how it was left. Reply, batches and iterator are one object, for a reply is read
 * once; a class because there is one for every answer: closures would be made each time.
 */
class ReplyReader implements AbortableReply, AsyncIterable<EventBatch>, BatchSource {
  readonly target?: Target;
  /** A field of its own, so that a copy made by spreading has it too. */
  readonly batches: AsyncIterable<EventBatch> = this;
  readonly finished: FinishList = createFinishList();
  readonly #batches: BatchSource;
  #started = false;

  constructor(batches: BatchSource, target: Target | undefined) {
    this.#batches = batches;
    if (target !== undefined) this.target = target;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<EventBatch>> {
    return promised(this);
  }

  pull(): Pulled<EventBatch> {
    this.#started = true;
    const finish = this.finished.finish();
    if (finish !== undefined) {
      if (finish.error === undefined) return over;
      throw toError(finish.error);
    }
    let pulled: Pulled<EventBatch>;
    try {
      pulled = pull(this.#batches);
    } catch (error) {
      return this.#fail(error);
    }
    return pulled instanceof Promise ? pulled.then(this.#settle, this.#fail) : this.#settle(pulled);
  }

  return(): Promise<IteratorResult<EventBatch>> {
    this.#leave({ exit: "stopped" });
    return Promise.resolve(over);
  }

  readonly cancel = (error?: unknown): void =>
    this.#leave(error === undefined ? { exit: this.#started ? "stopped" : "unread" } : { exit: "failed", error });

  abort(reason: unknown): void {
    this.#leave({ exit: "aborted", error: reason });
  }

  readonly #settle = (result: IteratorResult<EventBatch>): IteratorResult<EventBatch> => {
    if (result.done === true) this.finished.fire({ exit: "complete" });
    return result;
  };

  readonly #fail = (error: unknown): never => {
    this.finished.fire({ exit: "failed", error });
    throw error;
  };

  #leave(finish: Finish): void {
    if (this.finished.finish() !== undefined) return;
    this.finished.fire(finish);
    // The source is told to stop; what it says to that is of no use to anybody any more.
    void Promise.resolve(this.#batches.return?.()).catch(() => undefined);
  }
}

/** A thrown value as an error. */
export const toError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));

/** The reply's events one by one. */
export async function* events(reply: Reply): AsyncGenerator<ChatEvent, void, undefined> {
  for await (const batch of reply.batches) yield* batch;
}

/** A reply made of batches that are already at hand. */
export const replyOf = (batches: readonly EventBatch[], target?: Target): Reply => {
  let index = 0;
  const next = (): IteratorResult<EventBatch> => {
    const value = batches[index++];
    return value === undefined ? over : { done: false, value };
  };
  return createReply({
    ...(target === undefined ? {} : { target }),
    batches: {
      next: () => Promise.resolve(next()),
      pull: next,
    },
  });
};
