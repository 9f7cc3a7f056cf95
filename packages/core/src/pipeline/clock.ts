import { setTimer } from "./timer-queue.ts";

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

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  timer: setTimer,
  sleep: sleepOn(setTimer),
};
