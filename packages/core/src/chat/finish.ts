/**
 * How a reply was left.
 * - `complete`: read to its end
 * - `stopped`: the reader stopped early
 * - `aborted`: the client went away, or a deadline passed
 * - `failed`: the provider failed while it was read
 * - `unread`: nobody ever read it
 */
export type Exit = "complete" | "stopped" | "aborted" | "failed" | "unread";

export interface Finish {
  readonly exit: Exit;
  readonly error?: unknown;
}

/** Callbacks that fire exactly once, in the order they were added, however a reply is left. */
export interface FinishList {
  /** Called with the finish; at once where it already happened. An exception in it reaches nobody. */
  readonly add: (callback: (finish: Finish) => void) => void;
  /** Fires the list. Every call after the first does nothing. */
  readonly fire: (finish: Finish) => void;
  readonly finish: () => Finish | undefined;
}

export const createFinishList = (): FinishList => {
  let callbacks: ((finish: Finish) => void)[] = [];
  let fired: Finish | undefined;
  const call = (callback: (finish: Finish) => void, finish: Finish): void => {
    try {
      callback(finish);
    } catch {
      // One observer's failure must not keep the others from releasing what they hold, nor reach the host.
    }
  };
  return {
    add: (callback) => {
      if (fired === undefined) callbacks.push(callback);
      else call(callback, fired);
    },
    fire: (finish) => {
      if (fired !== undefined) return;
      fired = finish;
      const waiting = callbacks;
      callbacks = [];
      for (const callback of waiting) call(callback, finish);
    },
    finish: () => fired,
  };
};
