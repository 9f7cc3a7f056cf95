import { setImmediate } from "node:timers/promises";
import { sleepOn, type Clock } from "../pipeline/clock.ts";

/** A clock that stands still until it is told to move. */
export interface FakeClock extends Clock {
  /**
   * Moves time on by `ms`. Timers that fall due fire in order, each at its own time, and what they set off has run,
   * further timers within `ms` included, when the promise resolves. `advance(0)` fires what is due now.
   */
  readonly advance: (ms: number) => Promise<void>;
  /** Timers that have neither fired nor been cancelled. */
  readonly pendingTimers: () => number;
}

interface Pending {
  readonly due: number;
  readonly callback: () => void;
}

/** Makes a clock that starts at 0, on the first of January 2026 (UTC) by the wall. */
export const createFakeClock = (): FakeClock => {
  const epoch = Date.UTC(2026, 0, 1);
  const pending = new Set<Pending>();
  let now = 0;

  const timer: Clock["timer"] = (ms, callback) => {
    const entry: Pending = { due: now + Math.max(0, ms), callback };
    pending.add(entry);
    return { cancel: () => void pending.delete(entry) };
  };

  const soonest = (): Pending | undefined => {
    let first: Pending | undefined;
    // A set keeps its order, so of two timers due at once the one that was made first fires first.
    for (const entry of pending) if (first === undefined || entry.due < first.due) first = entry;
    return first;
  };

  const advance = async (ms: number): Promise<void> => {
    const end = now + ms;
    // Promises that are on their way may still make timers, before the first as after every other.
    await setImmediate();
    for (let next = soonest(); next !== undefined && next.due <= end; next = soonest()) {
      now = Math.max(now, next.due);
      pending.delete(next);
      next.callback();
      await setImmediate();
    }
    now = end;
  };

  return {
    now: () => now,
    wall: () => epoch + now,
    timer,
    sleep: sleepOn(timer),
    advance,
    pendingTimers: () => pending.size,
  };
};
