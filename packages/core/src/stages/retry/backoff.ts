import type { GatewayError } from "../../errors.ts";

export interface BackoffLimits {
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly overloadBaseDelayMs: number;
  readonly overloadMaxDelayMs: number;
}

/**
 * How long to wait before asking the same target again, in milliseconds. With a hint from the provider never less than
 * it asked for; without one full jitter, so that callers who failed together do not come back together.
 */
export const backoffMs = (
  error: GatewayError,
  retriesSoFar: number,
  limits: BackoffLimits,
  random: () => number,
): number => {
  const hint = error.retryAfterMs;
  if (hint !== undefined) return hint + random() * Math.min(1_000, Math.max(50, hint * 0.1));
  const overload = error.backoff === "overload";
  const base = overload ? limits.overloadBaseDelayMs : limits.baseDelayMs;
  const cap = overload ? limits.overloadMaxDelayMs : limits.maxDelayMs;
  return random() * Math.min(cap, base * 2 ** retriesSoFar);
};
