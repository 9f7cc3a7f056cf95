import type { ChatEvent, EventBatch } from "./event.ts";
import { createFinishList, type Finish, type FinishList } from "./finish.ts";
import type { Target } from "./target.ts";

/**
 * An answer on its way out: a sequence of events, whole and streamed alike. Read it once. It ends in one `reply-end`
 * a choice, or throws.
 */
export interface Reply {
  /** Who answers; absent where no provider was asked. */
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

/** The same reply with its batches passed through `map`; `undefined` leaves a batch out, a throw ends the reply. */
export const mapBatches = (reply: Reply, map: (batch: EventBatch) => EventBatch | undefined): Reply => {
  const source = reply.batches[Symbol.asyncIterator]();
  const stop = (error: unknown): never => {
    reply.cancel(error);
    throw error;
  };
  const advance = (result: IteratorResult<EventBatch>): IteratorResult<EventBatch> | Promise<IteratorResult<EventBatch>> => {
    if (result.done === true) return result;
    let mapped: EventBatch | undefined;
    try {
      mapped = map(result.value);
    } catch (error) {
      return stop(error);
    }
    if (mapped === undefined || mapped.length === 0) return source.next().then(advance);
    return mapped === result.value ? result : { done: false, value: mapped };
  };
  const iterator: AsyncIterator<EventBatch> = {
    next: () => source.next().then(advance),
    return: () => source.return?.() ?? Promise.resolve({ done: true, value: undefined }),
  };
  return { ...reply, batches: { [Symbol.asyncIterator]: () => iterator } };
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
): Reply =>
  mapBatches(reply, (batch) => {
    let changed: ChatEvent[] | undefined;
    batch.forEach((event, index) => {
      const mapped = map(event);
      if (mapped === event) {
        changed?.push(event);
        return;
      }
      changed ??= batch.slice(0, index);
      if (mapped === undefined) return;
      if (Array.isArray(mapped)) changed.push(...(mapped as readonly ChatEvent[]));
      else changed.push(mapped as ChatEvent);
    });
    return changed ?? batch;
  });

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
