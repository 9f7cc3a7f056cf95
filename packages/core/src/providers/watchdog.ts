import { UpstreamError } from "../errors.ts";
import type { Clock, Timer } from "../pipeline/clock.ts";

/** How long a provider call may take, in milliseconds. */
export interface CallTimeouts {
  /** From sending a streamed request to its first content. @default 60_000 */
  readonly firstContentMs?: number;
  /** Between two reads of an answer that has begun. @default 30_000 */
  readonly idleMs?: number;
  /** Between two pieces of content of a stream; keep-alives do not count. @default 60_000 */
  readonly contentIdleMs?: number;
  /** A whole answer, from dialling. @default 300_000 */
  readonly totalMs?: number;
  /** A streamed answer, from dialling. @default 600_000 */
  readonly streamTotalMs?: number;
}

export const timeoutDefaults: Required<CallTimeouts> = {
  firstContentMs: 60_000,
  idleMs: 30_000,
  contentIdleMs: 60_000,
  totalMs: 300_000,
  streamTotalMs: 600_000,
};

type Watched = "total" | "first content" | "idle" | "content idle";

/** Watches one provider call. However many limits it has, it costs one timer, which is set again by hand. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #limits: Required<CallTimeouts>;
  readonly #provider: string;
  readonly #expire: (error: UpstreamError) => void;
  readonly #totalDue: number;
  #firstContentDue: number;
  #idleDue = Infinity;
  #contentIdleDue = Infinity;
  #contentSeen = false;
  #lastContent: number;
  #pausedAt: number;
  #timer: Timer | undefined;
  #timerAt = Infinity;
  #stopped = false;

  constructor(
    clock: Clock,
    limits: Required<CallTimeouts>,
    stream: boolean,
    provider: string,
    expire: (error: UpstreamError) => void,
  ) {
    const start = clock.now();
    this.#clock = clock;
    this.#limits = limits;
    this.#provider = provider;
    this.#expire = expire;
    this.#totalDue = start + (stream ? limits.streamTotalMs : limits.totalMs);
    this.#firstContentDue = stream ? start + limits.firstContentMs : Infinity;
    this.#lastContent = start;
    this.#pausedAt = start;
    this.#schedule(start);
  }

  /** A read begins: silence counts from now. */
  waiting(): void {
    const now = this.#clock.now();
    this.#idleDue = now + this.#limits.idleMs;
    this.#lastContent += now - this.#pausedAt;
    if (this.#contentSeen) this.#contentIdleDue = this.#lastContent + this.#limits.contentIdleMs;
    // A limit that moves further away is met when the timer fires; only a nearer one has to set it anew.
    if (this.#idleDue < this.#timerAt && !this.#stopped) this.#schedule(now);
  }

  /** A read ended: while nobody asks the provider for more, its silence is not its fault. */
  received(): void {
    this.#idleDue = Infinity;
    this.#contentIdleDue = Infinity;
    this.#pausedAt = this.#clock.now();
  }

  content(): void {
    this.#contentSeen = true;
    this.#firstContentDue = Infinity;
    this.#lastContent = this.#clock.now();
    this.#pausedAt = this.#lastContent;
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #due(): number {
    return Math.min(this.#totalDue, this.#firstContentDue, this.#idleDue, this.#contentIdleDue);
  }

  /** Which limit is due first. */
  #nearest(): Watched {
    switch (this.#due()) {
      case this.#totalDue:
        return "total";
      case this.#firstContentDue:
        return "first content";
      case this.#idleDue:
        return "idle";
      default:
        return "content idle";
    }
  }

  #schedule(now: number): void {
    this.#timer?.cancel();
    // Never later than the silence that a read may bring, or each answer that begins would have to set the timer anew.
    this.#timerAt = Math.min(this.#due(), now + this.#limits.idleMs);
    this.#timer = this.#clock.timer(Math.max(0, this.#timerAt - now), this.#onTimer);
  }

  readonly #onTimer = (): void => {
    if (this.#stopped) return;
    const now = this.#clock.now();
    if (now < this.#due()) {
      this.#schedule(now);
      return;
    }
    const kind = this.#nearest();
    // What the socket already holds is read before the provider is called silent: the loop may only have been late.
    this.#timer = this.#clock.timer(1, () => {
      if (this.#stopped) return;
      const later = this.#clock.now();
      if (later < this.#due()) this.#schedule(later);
      else this.#expire(timeoutError(kind, this.#provider, this.#contentSeen));
    });
  };
}

const timeoutError = (kind: Watched, provider: string, contentSeen: boolean): UpstreamError =>
  new UpstreamError(
    contentSeen ? "upstream_stream_timeout" : "upstream_timeout",
    kind === "total"
      ? `${provider} took longer over its answer than a call may last.`
      : `${provider} was silent for too long (${kind} timeout).`,
    { provider },
  );
