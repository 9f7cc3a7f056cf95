/**
 * Tells those who work for somebody that he does not want it any more. What an AbortController does, without an event
 * target: every request has two of these, and hardly any is ever cancelled. Whoever wants an AbortSignal gets one.
 */
export class Cancellation {
  #listeners: ((reason: unknown) => void)[] = [];
  #controller: AbortController | undefined;
  #cancelled = false;
  #reason: unknown;

  /** A cancellation that follows a signal, for as long as the signal lives. */
  static following(signal: AbortSignal): Cancellation {
    const cancellation = new Cancellation();
    if (signal.aborted) cancellation.cancel(signal.reason);
    else signal.addEventListener("abort", () => cancellation.cancel(signal.reason), { once: true });
    return cancellation;
  }

  /** A cancellation of its own that also comes with its parent's, which ends the listening to the signal. */
  static under(parent: Cancellation, signal: AbortSignal): Cancellation {
    const cancellation = new Cancellation();
    const onAbort = (): void => cancellation.cancel(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    parent.add((reason) => {
      signal.removeEventListener("abort", onAbort);
      cancellation.cancel(reason);
    });
    return cancellation;
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfCancelled(): void {
    if (this.#cancelled) throw this.#reason;
  }

  /** Tells everybody, once. */
  cancel(reason: unknown): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(reason);
    this.#controller?.abort(reason);
  }

  /** Calls back once when it is cancelled; at once where it already was. A listener must not throw. */
  add(listener: (reason: unknown) => void): void {
    if (this.#cancelled) listener(this.#reason);
    else this.#listeners.push(listener);
  }

  remove(listener: (reason: unknown) => void): void {
    const index = this.#listeners.indexOf(listener);
    if (index !== -1) this.#listeners.splice(index, 1);
  }

  /** The same as an AbortSignal, made when it is first asked for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#cancelled) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }
}

/** What a promise gives; where the request is cancelled before, nobody waits for it any longer. */
export const unlessCancelled = <Value>(promise: Promise<Value>, cancellation: Cancellation): Promise<Value> =>
  new Promise((resolve, reject) => {
    cancellation.add(reject);
    void promise.then(resolve, reject).finally(() => cancellation.remove(reject));
  });
