import type { ChatEvent, EventBatch } from "./event.ts";
import { createFinishList, type Finish, type FinishList } from "./finish.ts";
import { promised, pull, type Pulled } from "./pull.ts";
import { toError, type BatchSource, type Reply } from "./reply.ts";
import type { Target } from "./target.ts";

/** What a stage may still do when the provider's last batch has passed. */
export interface MapOptions {
  /**
   * Called once at the proper end: gives what was held back, or throws where the end is not one. The finish list of
   * the new reply then waits for it, and tells how this reply was left instead of its source.
   */
  readonly flush?: () => EventBatch | undefined | void;
}

type MapBatch = (batch: EventBatch, stop: () => void) => EventBatch | undefined;

/**
 * The same reply with its batches passed through `map`; `undefined` leaves a batch out, a throw ends the reply.
 * `stop` makes the batch that `map` is about to return the last one and stops the source; `flush` is not called then.
 */
export const mapBatches = (reply: Reply, map: MapBatch, { flush }: MapOptions = {}): Reply =>
  new MappedReply(reply, map, flush);

const over: IteratorResult<EventBatch> = { done: true, value: undefined };

/** A reply on its way through one stage; batches and iterator too, as the reply's own reader is. */
class MappedReply implements Reply, AsyncIterable<EventBatch>, BatchSource {
  readonly target?: Target;
  /** A field of its own, so that a copy made by spreading has it too. */
  readonly batches: AsyncIterable<EventBatch> = this;
  readonly finished: FinishList;
  readonly #reply: Reply;
  readonly #source: BatchSource;
  readonly #map: MapBatch;
  readonly #flush: MapOptions["flush"];
  /** The source has nothing more to give, or is not asked any more. */
  #ended = false;

  constructor(reply: Reply, map: MapBatch, flush: MapOptions["flush"]) {
    this.#reply = reply;
    this.#source = reply.batches[Symbol.asyncIterator]();
    this.#map = map;
    this.#flush = flush;
    this.finished = flush === undefined ? reply.finished : createFinishList();
    if (flush !== undefined) reply.finished.add(this.#follow);
    if (reply.target !== undefined) this.target = reply.target;
  }

  /** Where the source ends well, or was stopped from here, there is more to come before this reply is over. */
  readonly #follow = (finish: Finish): void => {
    if (!this.#ended && finish.exit !== "complete") this.finished.fire(finish);
  };

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<EventBatch>> {
    return promised(this);
  }

  pull(): Pulled<EventBatch> {
    if (!this.#ended) {
      const pulled = pull(this.#source);
      return pulled instanceof Promise ? pulled.then(this.#advance) : this.#advance(pulled);
    }
    const error = this.finished.finish()?.error;
    if (error !== undefined) throw toError(error);
    return this.#end();
  }

  return(): Promise<IteratorResult<EventBatch>> {
    const left = this.#source.return?.() ?? Promise.resolve(over);
    this.finished.fire({ exit: "stopped" });
    return left;
  }

  readonly cancel = (error?: unknown): void => {
    this.#reply.cancel(error);
    this.finished.fire(error === undefined ? { exit: "stopped" } : { exit: "failed", error });
  };

  readonly #advance = (result: IteratorResult<EventBatch>): Pulled<EventBatch> => {
    try {
      if (result.done === true) return this.#atEnd(result);
      const mapped = this.#map(result.value, this.#stop);
      if (mapped === result.value) return result;
      return mapped === undefined || mapped.length === 0 ? this.pull() : { done: false, value: mapped };
    } catch (error) {
      // The stage broke the reply, not the provider: the provider's answer is let go.
      this.cancel(error);
      throw error;
    }
  };

  #atEnd(result: IteratorResult<EventBatch>): IteratorResult<EventBatch> {
    // Nothing may follow a reply that was given up.
    if (this.#flush === undefined || this.finished.finish() !== undefined) return result;
    this.#ended = true;
    const last = this.#flush();
    return last === undefined || last.length === 0 ? this.#end() : { done: false, value: last };
  }

  #end(): IteratorResult<EventBatch> {
    this.finished.fire({ exit: "complete" });
    return over;
  }

  readonly #stop = (): void => {
    this.#ended = true;
    void this.#source.return?.();
  };
}

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
