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
export interface Watchdog {
  /** A read begins: silence counts from now. */
  readonly waiting: () => void;
  /** A read ended: while nobody asks the provider for more, its silence is not its fault. */
  readonly received: () => void;
  readonly content: () => void;
  readonly stop: () => void;
}

export const createWatchdog = (
  clock: Clock,
  limits: Required<CallTimeouts>,
  stream: boolean,
  provider: string,
  expire: (error: UpstreamError) => void,
): Watchdog => {
  const start = clock.now();
  const due: Record<Watched, number> = {
    total: start + (stream ? limits.streamTotalMs : limits.totalMs),
    "first content": stream ? start + limits.firstContentMs : Infinity,
    idle: Infinity,
    "content idle": Infinity,
  };
  let contentSeen = false;
  let lastContent = start;
  let pausedAt = start;
  let timer: Timer | undefined;
  let timerAt = Infinity;
  let stopped = false;

  const nearest = (): Watched => {
    let soonest: Watched = "total";
    for (const kind of ["first content", "idle", "content idle"] as const) {
      if (due[kind] < due[soonest]) soonest = kind;
    }
    return soonest;
  };

  const schedule = (): void => {
    timer?.cancel();
    timerAt = due[nearest()];
    timer = clock.timer(Math.max(0, timerAt - clock.now()), onTimer);
  };

  const onTimer = (): void => {
    if (stopped) return;
    const kind = nearest();
    if (clock.now() < due[kind]) {
      schedule();
      return;
    }
    // What the socket already holds is read before the provider is called silent: the loop may only have been late.
    timer = clock.timer(1, () => {
      if (stopped) return;
      if (clock.now() < due[nearest()]) schedule();
      else expire(timeoutError(kind, provider, contentSeen));
    });
  };

  schedule();
  return {
    waiting: () => {
      const now = clock.now();
      due.idle = now + limits.idleMs;
      lastContent += now - pausedAt;
      if (contentSeen) due["content idle"] = lastContent + limits.contentIdleMs;
      // A limit that moves further away is met when the timer fires; only a nearer one has to set it anew.
      if (due.idle < timerAt && !stopped) schedule();
    },
    received: () => {
      due.idle = Infinity;
      due["content idle"] = Infinity;
      pausedAt = clock.now();
    },
    content: () => {
      contentSeen = true;
      due["first content"] = Infinity;
      lastContent = clock.now();
      pausedAt = lastContent;
    },
    stop: () => {
      stopped = true;
      timer?.cancel();
    },
  };
};

const timeoutError = (kind: Watched, provider: string, contentSeen: boolean): UpstreamError =>
  new UpstreamError(
    contentSeen ? "upstream_stream_timeout" : "upstream_timeout",
    kind === "total"
      ? `${provider} took longer over its answer than a call may last.`
      : `${provider} was silent for too long (${kind} timeout).`,
    { provider },
  );
