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
  add(callback: (finish: Finish) => void): void;
  /** Fires the list. Every call after the first does nothing. */
  fire(finish: Finish): void;
  finish(): Finish | undefined;
}

export const createFinishList = (): FinishList => new Finishing();

// A class because there is one for every answer: its methods are made once, closures would be made each time.
class Finishing implements FinishList {
  #callbacks: ((finish: Finish) => void)[] = [];
  #fired: Finish | undefined;

  add(callback: (finish: Finish) => void): void {
    if (this.#fired === undefined) this.#callbacks.push(callback);
    else call(callback, this.#fired);
  }

  fire(finish: Finish): void {
    if (this.#fired !== undefined) return;
    this.#fired = finish;
    const waiting = this.#callbacks;
    this.#callbacks = [];
    for (const callback of waiting) call(callback, finish);
  }

  finish(): Finish | undefined {
    return this.#fired;
  }
}

const call = (callback: (finish: Finish) => void, finish: Finish): void => {
  try {
    callback(finish);
  } catch {
    // One observer's failure must not keep the others from releasing what they hold, nor reach the host.
  }
};
