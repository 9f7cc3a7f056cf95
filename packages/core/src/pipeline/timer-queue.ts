import type { Clock, Timer } from "./clock.ts";

// Node fires at once for delays that do not fit in 31 bits.
const longestDelayMs = 2 ** 31 - 1;

/**
 * Timers that all wait equally long: the first that was set is the first to fire, so they stand in a line and share one
 * timer of Node's. Every request sets several and cancels them, and Node's own would tell the event loop of each.
 */
class TimerQueue {
  readonly #ms: number;
  #first: QueuedTimer | undefined;
  #last: QueuedTimer | undefined;
  #isArmed = false;

  constructor(ms: number) {
    this.#ms = ms;
  }

  add(callback: () => void): Timer {
    const timer = new QueuedTimer(this, callback, performance.now() + this.#ms, this.#last);
    if (this.#last === undefined) this.#first = timer;
    else this.#last.next = timer;
    this.#last = timer;
    if (!this.#isArmed) this.#arm(this.#ms);
    return timer;
  }

  remove(timer: QueuedTimer): void {
    const { previous, next } = timer;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    timer.previous = undefined;
    timer.next = undefined;
  }

  #arm(ms: number): void {
    this.#isArmed = true;
    setTimeout(this.#onTimeout, ms).unref();
  }

  readonly #onTimeout = (): void => {
    const now = performance.now();
    try {
      for (let timer = this.#first; timer !== undefined && timer.dueAt <= now; timer = this.#first) {
        timer.cancel();
        timer.callback();
      }
    } finally {
      // Also where a callback threw: the others are still due. An empty queue is left armed until then and forgotten now.
      if (this.#first === undefined) queues.delete(this.#ms);
      else this.#arm(Math.max(1, this.#first.dueAt - now));
    }
  };
}

class QueuedTimer implements Timer {
  readonly callback: () => void;
  readonly dueAt: number;
  previous: QueuedTimer | undefined;
  next: QueuedTimer | undefined;
  #queue: TimerQueue | undefined;

  constructor(queue: TimerQueue, callback: () => void, dueAt: number, previous: QueuedTimer | undefined) {
    this.#queue = queue;
    this.callback = callback;
    this.dueAt = dueAt;
    this.previous = previous;
  }

  cancel(): void {
    this.#queue?.remove(this);
    this.#queue = undefined;
  }
}

const queues = new Map<number, TimerQueue>();

// What is left of a long limit is a few milliseconds less each time: as it is, each would stand in a line of its own.
const coarseFromMs = 10_000;
const coarseMs = 100;

const roundUp = (ms: number): number => (ms < coarseFromMs ? Math.ceil(ms) : Math.ceil(ms / coarseMs) * coarseMs);

/** Sets a timer that does not keep the process alive. One of ten seconds or more may be a tenth of a second late. */
export const setTimer: Clock["timer"] = (ms, callback) => {
  const delayMs = Math.min(roundUp(Math.max(1, ms)), longestDelayMs);
  let queue = queues.get(delayMs);
  if (queue === undefined) {
    queue = new TimerQueue(delayMs);
    queues.set(delayMs, queue);
  }
  return queue.add(callback);
};
