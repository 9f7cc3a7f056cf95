import type { Context } from "../../pipeline/context.ts";
import type { CacheStore, CacheValueFacts } from "./store.ts";

/** Stands for an answer that a store failed to give in time. */
export const unavailable: unique symbol = Symbol("unavailable");

/** A store whose failures reach nobody. */
export interface GuardedStore {
  /** What is stored, or `unavailable` where the store failed, was too slow, or rests. */
  readonly get: (context: Context, key: string) => Promise<unknown>;
  readonly set: (context: Context, key: string, value: unknown, facts: CacheValueFacts) => Promise<boolean>;
  readonly delete: (context: Context, key: string) => Promise<boolean>;
}

// A store that fails again and again is left alone for a while: each request would wait for it in vain.
const failuresBeforeRest = 5;
const restMs = 5_000;

/** Bounds every call to a store in time and turns failures into `unavailable`; says so once when it goes and comes. */
export const guardStore = (store: CacheStore, timeoutMs: number): GuardedStore => {
  let failures = 0;
  let restingUntil = 0;

  const attempt = async <T>(context: Context, call: () => T | Promise<T>): Promise<T | typeof unavailable> => {
    const { clock, logger } = context;
    if (failures >= failuresBeforeRest && clock.now() < restingUntil) return unavailable;
    try {
      const result = call();
      const value = isPromise(result) ? await within(context, timeoutMs, result) : result;
      if (failures >= failuresBeforeRest) logger.info("The cache store answers again.");
      failures = 0;
      return value;
    } catch (error) {
      failures++;
      restingUntil = clock.now() + restMs;
      if (failures === failuresBeforeRest) {
        logger.warn("The cache store keeps failing. Requests go on without it.", { error });
      }
      return unavailable;
    }
  };
  const done = async (context: Context, call: () => void | Promise<void>): Promise<boolean> =>
    (await attempt(context, call)) !== unavailable;

  return {
    get: (context, key) => attempt(context, () => store.get(key)),
    set: (context, key, value, facts) => done(context, () => store.set(key, value, facts)),
    delete: (context, key) => done(context, () => store.delete(key)),
  };
};

const isPromise = <T>(value: T | Promise<T>): value is Promise<T> =>
  typeof value === "object" && value !== null && "then" in value;

const within = async <T>({ clock }: Context, ms: number, work: Promise<T>): Promise<T> => {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = clock.timer(ms, () => reject(new Error(`The cache store did not answer within ${ms} ms.`)));
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    timer.cancel();
  }
};
