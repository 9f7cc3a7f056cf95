import type { ChatEvent, EventBatch } from "./event.ts";
import { createFinishList, type Finish, type FinishList } from "./finish.ts";
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
  readonly batches: AsyncIterator<EventBatch>;
  /** Client gone or deadline passed: the reply ends as `aborted`, also while nobody reads. */
  readonly signal?: AbortSignal;
}

/** Makes a reply from its batches and sees to it that the finish list fires exactly once. */
export const createReply = ({ target, batches, signal }: ReplySource): Reply => {
  const finished = createFinishList();
  let started = false;

  const close = (): void => {
    // The source is told to stop; what it says to that is of no use to anybody any more.
    void Promise.resolve(batches.return?.()).catch(() => undefined);
  };
  const end = (finish: Finish): void => {
    signal?.removeEventListener("abort", onAbort);
    finished.fire(finish);
  };
  const onAbort = (): void => {
    end({ exit: "aborted", error: signal?.reason });
    close();
  };
  const fail = (error: unknown): never => {
    end({ exit: signal?.aborted ? "aborted" : "failed", error });
    throw error;
  };
  const settle = (result: IteratorResult<EventBatch>): IteratorResult<EventBatch> => {
    if (result.done === true) end({ exit: "complete" });
    return result;
  };

  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });

  const iterator: AsyncIterator<EventBatch> = {
    next: () => {
      started = true;
      const finish = finished.finish();
      if (finish === undefined) return batches.next().then(settle, fail);
      return finish.error === undefined
        ? Promise.resolve({ done: true, value: undefined })
        : Promise.reject(toError(finish.error));
    },
    return: () => {
      if (finished.finish() === undefined) {
        end({ exit: "stopped" });
        close();
      }
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  return {
    ...(target === undefined ? {} : { target }),
    batches: { [Symbol.asyncIterator]: () => iterator },
    finished,
    cancel: (error) => {
      if (finished.finish() !== undefined) return;
      end(error === undefined ? { exit: started ? "stopped" : "unread" } : { exit: "failed", error });
      close();
    },
  };
};

const toError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));

/** What a stage may still do when the provider's last batch has passed. */
export interface MapOptions {
  /**
   * Called once at the proper end: gives what was held back, or throws where the end is not one. The finish list of
   * the new reply then waits for it, and tells how this reply was left instead of its source.
   */
  readonly flush?: () => EventBatch | undefined | void;
}

/**
 * The same reply with its batches passed through `map`; `undefined` leaves a batch out, a throw ends the reply.
 * `stop` makes the batch that `map` is about to return the last one and stops the source; `flush` is not called then.
 */
export const mapBatches = (
  reply: Reply,
  map: (batch: EventBatch, stop: () => void) => EventBatch | undefined,
  { flush }: MapOptions = {},
): Reply => {
  const source = reply.batches[Symbol.asyncIterator]();
  let ended = false;
  const finished = flush === undefined ? reply.finished : createFinishList();
  if (flush !== undefined) {
    // Where the source ends well, or was stopped from here, there is more to come before this reply is over.
    reply.finished.add((finish) => {
      if (!ended && finish.exit !== "complete") finished.fire(finish);
    });
  }
  const cancel = (error?: unknown): void => {
    reply.cancel(error);
    finished.fire(error === undefined ? { exit: "stopped" } : { exit: "failed", error });
  };
  const end = (): IteratorResult<EventBatch> => {
    finished.fire({ exit: "complete" });
    return { done: true, value: undefined };
  };
  const stop = (): void => {
    ended = true;
    void source.return?.();
  };
  const attempt = (produce: () => EventBatch | undefined | void): EventBatch | undefined => {
    try {
      return produce() ?? undefined;
    } catch (error) {
      cancel(error);
      throw error;
    }
  };
  const advance = (
    result: IteratorResult<EventBatch>,
  ): IteratorResult<EventBatch> | Promise<IteratorResult<EventBatch>> => {
    if (result.done === true) {
      // Nothing may follow a reply that was given up.
      if (flush === undefined || finished.finish() !== undefined) return result;
      ended = true;
      const last = attempt(flush);
      return last === undefined || last.length === 0 ? end() : { done: false, value: last };
    }
    const mapped = attempt(() => map(result.value, stop));
    if (mapped === undefined || mapped.length === 0) return iterator.next();
    return mapped === result.value ? result : { done: false, value: mapped };
  };
  const iterator: AsyncIterator<EventBatch> = {
    next: () => {
      const error = finished.finish()?.error;
      if (ended && error === undefined) return Promise.resolve(end());
      return ended ? Promise.reject(toError(error)) : source.next().then(advance);
    },
    return: () => {
      const left = source.return?.() ?? Promise.resolve({ done: true, value: undefined });
      finished.fire({ exit: "stopped" });
      return left;
    },
  };
  return { ...reply, batches: { [Symbol.asyncIterator]: () => iterator }, finished, cancel };
};

/** Shows every event to `onEvent` on its way through and changes nothing. */
export const tap = (reply: Reply, onEvent: (event: ChatEvent) => void): Reply =>
  mapBatches(reply, (batch) => {
    for (const event of batch) onEvent(event);
    return batch;
  });

/** Replaces every event by what `map` returns: the event itself, another, several, or `undefined` for none. */
export const mapEvents = (
  reply: Reply,
  map: (event: ChatEvent) => ChatEvent | readonly ChatEvent[] | undefined,
  options?: MapOptions,
): Reply => mapBatches(reply, (batch) => replaceEvents(batch, map), options);

/** The same batch where every event stays what it is: then it can travel on as it came. */
const replaceEvents = (
  batch: EventBatch,
  map: (event: ChatEvent) => ChatEvent | readonly ChatEvent[] | undefined,
): EventBatch => {
  let changed: ChatEvent[] | undefined;
  let index = 0;
  for (const event of batch) {
    const mapped = map(event);
    if (mapped === event) changed?.push(event);
    else {
      changed ??= batch.slice(0, index);
      if (isList(mapped)) changed.push(...mapped);
      else if (mapped !== undefined) changed.push(mapped);
    }
    index++;
  }
  return changed ?? batch;
};

// Array.isArray alone does not tell readonly arrays from their elements.
const isList = (value: ChatEvent | readonly ChatEvent[] | undefined): value is readonly ChatEvent[] =>
  Array.isArray(value);

/** The reply's events one by one. */
export async function* events(reply: Reply): AsyncGenerator<ChatEvent, void, undefined> {
  for await (const batch of reply.batches) yield* batch;
}

/** A reply made of batches that are already at hand. */
export const replyOf = (batches: readonly EventBatch[], target?: Target): Reply => {
  let index = 0;
  return createReply({
    ...(target === undefined ? {} : { target }),
    batches: {
      next: () => {
        const value = batches[index++];
        return Promise.resolve(value === undefined ? { done: true, value: undefined } : { done: false, value });
      },
    },
  });
};
