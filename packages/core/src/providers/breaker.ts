import type { Clock } from "../pipeline/clock.ts";

export type BreakerState = "closed" | "half-open" | "open";

/** When a breaker opens and for how long. Times in milliseconds. */
export interface BreakerOptions {
  /** Outcomes older than this no longer count. @default 30_000 */
  readonly windowMs?: number;
  /** Outcomes in the window before a share of failures means anything. @default 20 */
  readonly minimumOutcomes?: number;
  /** Share of failures that opens it, from 0 to 1. @default 0.5 */
  readonly failureShare?: number;
  /** Connection failures in a row that open it at once. @default 5 */
  readonly connectionFailures?: number;
  /** First time it stays open; doubles with every failed probe. @default 5_000 */
  readonly openMs?: number;
  /** @default 60_000 */
  readonly maxOpenMs?: number;
  /** Probes in a row that must succeed before it closes. @default 3 */
  readonly successesToClose?: number;
}

export const breakerDefaults: Required<BreakerOptions> = {
  windowMs: 30_000,
  minimumOutcomes: 20,
  failureShare: 0.5,
  connectionFailures: 5,
  openMs: 5_000,
  maxOpenMs: 60_000,
  successesToClose: 3,
};

/** Keeps callers away from a target that fails, and lets one of them look now and then whether it is back. */
export interface Breaker {
  readonly state: () => BreakerState;
  /** When it may next be tried, in monotonic milliseconds; `undefined` while closed. */
  readonly retryAt: () => number | undefined;
  /** Asks to call the target. `false`: it is open, or somebody else is probing. A granted call must be settled. */
  readonly tryAcquire: () => boolean;
  readonly succeeded: () => void;
  readonly failed: (kind: "connection" | "answer") => void;
  /** The outcome says nothing about the target (client gone, request refused). */
  readonly neutral: () => void;
}

// The window is kept in slices, so that a busy target costs no more memory than an idle one.
const slices = 10;

export const createBreaker = (options: Required<BreakerOptions>, clock: Clock, random: () => number): Breaker => {
  const sliceMs = options.windowMs / slices;
  const outcomes = Array.from({ length: slices }, () => ({ slice: -1, total: 0, failures: 0 }));
  let state: BreakerState = "closed";
  let reopenings = 0;
  let openUntil = 0;
  let connectionFailures = 0;
  let probing = false;
  let probeSuccesses = 0;

  const count = (failure: boolean): void => {
    const slice = Math.floor(clock.now() / sliceMs);
    const bucket = outcomes[slice % slices];
    if (bucket === undefined) return;
    if (bucket.slice !== slice) Object.assign(bucket, { slice, total: 0, failures: 0 });
    bucket.total++;
    if (failure) bucket.failures++;
  };

  const tooManyFailures = (): boolean => {
    const oldest = Math.floor(clock.now() / sliceMs) - slices;
    let total = 0;
    let failures = 0;
    for (const bucket of outcomes) {
      if (bucket.slice <= oldest) continue;
      total += bucket.total;
      failures += bucket.failures;
    }
    return total >= options.minimumOutcomes && failures / total >= options.failureShare;
  };

  const open = (): void => {
    const longest = Math.min(options.maxOpenMs, options.openMs * 2 ** reopenings);
    // Half of it is chance, so that many gateways do not come back in the same moment.
    openUntil = clock.now() + longest / 2 + (random() * longest) / 2;
    reopenings = Math.min(reopenings + 1, 30);
    state = "open";
    probing = false;
    probeSuccesses = 0;
  };

  const close = (): void => {
    state = "closed";
    reopenings = 0;
    connectionFailures = 0;
    probeSuccesses = 0;
    for (const bucket of outcomes) bucket.slice = -1;
  };

  const current = (): BreakerState => {
    if (state === "open" && clock.now() >= openUntil) state = "half-open";
    return state;
  };

  return {
    state: current,
    retryAt: () => (current() === "closed" ? undefined : openUntil),
    tryAcquire: () => {
      if (current() === "closed") return true;
      if (state === "open" || probing) return false;
      probing = true;
      return true;
    },
    succeeded: () => {
      connectionFailures = 0;
      if (state === "closed") {
        count(false);
        return;
      }
      probing = false;
      if (state === "half-open" && ++probeSuccesses >= options.successesToClose) close();
    },
    failed: (kind) => {
      if (current() === "half-open") {
        open();
        return;
      }
      if (state === "open") return;
      count(true);
      connectionFailures = kind === "connection" ? connectionFailures + 1 : 0;
      if (connectionFailures >= options.connectionFailures || tooManyFailures()) open();
    },
    neutral: () => {
      probing = false;
    },
  };
};
