import type { EventBatch } from "../chat/event.ts";
import type { Clock } from "../pipeline/clock.ts";

/** A chunk of an answer, as it came. */
export interface FirstChunk {
  /** Since the call was made. */
  readonly seconds: number;
  /** Milliseconds since the Unix epoch. */
  readonly wall: number;
}

/**
 * When the chunks of one call's answer came. A chunk is what one network read brought: its events came in the same
 * moment, however many there are. Pings and whatever else means nothing here are none.
 */
export class ChunkTimes {
  readonly #clock: Clock;
  readonly #sentAt: number;
  #first: FirstChunk | undefined;
  #lastAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sentAt = clock.now();
  }

  get first(): FirstChunk | undefined {
    return this.#first;
  }

  /** @returns seconds since the chunk before, where there was one. */
  came(batch: EventBatch): number | undefined {
    if (!batch.some(({ type }) => type !== "opaque")) return undefined;
    const now = this.#clock.now();
    const since = this.#first === undefined ? undefined : (now - this.#lastAt) / 1000;
    this.#first ??= { seconds: (now - this.#sentAt) / 1000, wall: this.#clock.wall() };
    this.#lastAt = now;
    return since;
  }
}
