import { LRUCache } from "lru-cache";
import type { Target } from "../chat/target.ts";
import type { GatewayError } from "../errors.ts";
import type { Clock } from "../pipeline/clock.ts";
import { createContextKey, type ContextKey } from "../pipeline/context.ts";
import { breakerDefaults, createBreaker, type Breaker, type BreakerOptions, type BreakerState } from "./breaker.ts";

/** Why a target is not asked now. */
export type Unhealthy = "open" | "cooling" | "quarantined";

export interface TargetHealth {
  readonly target: string;
  readonly breaker: BreakerState;
  readonly unhealthy?: Unhealthy;
  /** Milliseconds until it may be tried again. */
  readonly retryAfterMs?: number;
}

export interface HealthOptions {
  readonly breaker?: BreakerOptions;
  /** Longest rest after a rate limit, whatever the provider asks for, in milliseconds. @default 300_000 */
  readonly maxCoolingMs?: number;
  /** Rest of a credential that was refused or has no credit, in milliseconds. @default 600_000 */
  readonly quarantineMs?: number;
  /** Targets remembered at most. @default 10_000 */
  readonly maxTargets?: number;
}

/** What the gateway knows of how its targets fare. Bounded: the least used are forgotten first. */
export interface Health {
  /** Why not to ask it now, and for how long; `undefined` when it may be asked. */
  readonly check: (target: Target) => { readonly reason: Unhealthy; readonly retryAfterMs: number } | undefined;
  /** Takes the right to call it. `false` where it is resting or somebody else probes it. */
  readonly acquire: (target: Target) => boolean;
  readonly succeeded: (target: Target) => void;
  readonly failed: (target: Target, error: GatewayError) => void;
  readonly neutral: (target: Target) => void;
  readonly breaker: (target: Target) => BreakerState;
  /** The breaker of every target that was ever asked. */
  readonly breakers: () => readonly {
    readonly provider: string;
    readonly model: string;
    readonly state: BreakerState;
  }[];
  /** State of every target that was ever asked. */
  readonly list: () => readonly TargetHealth[];
}

export const healthKey: ContextKey<Health> = createContextKey("health");

interface State {
  readonly breaker: Breaker;
  coolingUntil: number;
  rateLimits: number;
}

const healthDefaults: Required<Omit<HealthOptions, "breaker">> = {
  maxCoolingMs: 300_000,
  quarantineMs: 600_000,
  maxTargets: 10_000,
};

const baseCoolingMs = 1_000;

export const createHealth = (clock: Clock, random: () => number, options: HealthOptions = {}): Health => {
  const { maxCoolingMs, quarantineMs, maxTargets } = { ...healthDefaults, ...options };
  const breakerOptions = { ...breakerDefaults, ...options.breaker };
  // Bounded by size, each being one: with `max` the cache would set up room for all of them at once.
  const states = new LRUCache<string, State>({ maxSize: maxTargets, sizeCalculation: () => 1 });
  // Keyed by provider: a credential is refused for all its models at once.
  const quarantines = new Map<string, number>();

  // A request looks its target up several times in a row.
  let latest: { readonly id: string; readonly state: State } | undefined;

  const knownState = ({ id }: Target): State | undefined => {
    if (latest?.id === id) return latest.state;
    const state = states.get(id);
    if (state !== undefined) latest = { id, state };
    return state;
  };

  const stateOf = (target: Target): State => {
    const known = knownState(target);
    if (known !== undefined) return known;
    const state = { breaker: createBreaker(breakerOptions, clock, random), coolingUntil: 0, rateLimits: 0 };
    states.set(target.id, state);
    latest = { id: target.id, state };
    return state;
  };

  const resting = (provider: string, state: State | undefined): ReturnType<Health["check"]> => {
    const quarantinedUntil = quarantines.size === 0 ? 0 : (quarantines.get(provider) ?? 0);
    const rests = state !== undefined && (state.coolingUntil > 0 || state.breaker.state() === "open");
    // Asked several times for each request, and mostly nobody rests.
    if (quarantinedUntil === 0 && !rests) return undefined;
    const now = clock.now();
    if (quarantinedUntil > now) return { reason: "quarantined", retryAfterMs: quarantinedUntil - now };
    if (state === undefined) return undefined;
    if (state.coolingUntil > now) return { reason: "cooling", retryAfterMs: state.coolingUntil - now };
    const retryAt = state.breaker.state() === "open" ? state.breaker.retryAt() : undefined;
    return retryAt === undefined ? undefined : { reason: "open", retryAfterMs: Math.max(0, retryAt - now) };
  };

  return {
    check: (target) => resting(target.provider, knownState(target)),
    acquire: (target) => {
      const state = stateOf(target);
      return resting(target.provider, state) === undefined && state.breaker.tryAcquire();
    },
    succeeded: (target) => {
      const state = stateOf(target);
      state.rateLimits = 0;
      state.breaker.succeeded();
      quarantines.delete(target.provider);
    },
    failed: (target, error) => {
      const state = stateOf(target);
      switch (error.health) {
        case "failure":
          state.breaker.failed(error.code === "upstream_unreachable" ? "connection" : "answer");
          return;
        case "cool": {
          const unasked = random() * Math.min(maxCoolingMs, baseCoolingMs * 2 ** Math.min(state.rateLimits, 20));
          state.coolingUntil = clock.now() + Math.min(maxCoolingMs, error.retryAfterMs ?? unasked);
          state.rateLimits++;
          state.breaker.neutral();
          return;
        }
        case "quarantine":
          quarantines.set(target.provider, clock.now() + quarantineMs);
          state.breaker.neutral();
          return;
        default:
          state.breaker.neutral();
      }
    },
    neutral: (target) => stateOf(target).breaker.neutral(),
    breaker: (target) => knownState(target)?.breaker.state() ?? "closed",
    breakers: () =>
      [...states.entries()].map(([id, { breaker }]) => {
        const slash = id.indexOf("/");
        return { provider: id.slice(0, slash), model: id.slice(slash + 1), state: breaker.state() };
      }),
    list: () =>
      [...states.entries()].map(([id, state]) => {
        const rest = resting(id.slice(0, id.indexOf("/")), state);
        return {
          target: id,
          breaker: state.breaker.state(),
          ...(rest === undefined ? {} : { unhealthy: rest.reason, retryAfterMs: Math.ceil(rest.retryAfterMs) }),
        };
      }),
  };
};
