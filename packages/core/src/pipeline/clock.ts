/** All time in the gateway comes from here, so that a test or a simulation can hold it in its hand. */
export interface Clock {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds since the Unix epoch. */
  readonly wall: () => number;
  /** Calls back once after `ms`. The timer does not keep the process alive. */
  readonly timer: (ms: number, callback: () => void) => Timer;
  /** Resolves after `ms`; rejects with the signal's reason where it is aborted before. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface Timer {
  cancel(): void;
}

// Node fires at once for delays that do not fit in 31 bits.
const longestDelayMs = 2 ** 31 - 1;

/** `sleep` on top of a clock's own timer. */
export const sleepOn =
  (timer: Clock["timer"]): Clock["sleep"] =>
  (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const onAbort = (): void => {
        pending.cancel();
        reject(signal?.reason as Error);
      };
      const pending = timer(ms, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });

class SystemTimer implements Timer {
  readonly #handle: NodeJS.Timeout;

  constructor(handle: NodeJS.Timeout) {
    this.#handle = handle;
  }

  cancel(): void {
    clearTimeout(this.#handle);
  }
}

const timer: Clock["timer"] = (ms, callback) => {
  const handle = setTimeout(callback, Math.min(Math.max(0, ms), longestDelayMs));
  handle.unref();
  return new SystemTimer(handle);
};

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  timer,
  sleep: sleepOn(timer),
};
