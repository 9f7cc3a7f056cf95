import type { Context } from "../../pipeline/context.ts";
import type { CacheStore, CacheValueFacts } from "./store.ts";

/** Stands for a value that a store failed to give in time. */
export const unavailable: unique symbol = Symbol("unavailable");

/** At once from a store that answers at once. */
type Soon<T> = T | Promise<T>;

/** A store whose failures reach nobody. */
export interface GuardedStore {
  /** What is stored, or `unavailable` where the store failed, was too slow, or rests. */
  readonly get: (context: Context, key: string) => Soon<{ readonly value: unknown } | typeof unavailable>;
  readonly set: (context: Context, key: string, value: unknown, facts: CacheValueFacts) => void;
  readonly delete: (context: Context, key: string) => void;
}

// A store that fails again and again is left alone for a while: each request would wait for it in vain.
const failuresBeforeRest = 5;
const restMs = 5_000;

/**
 * Bounds every call to a store in time and turns failures into `unavailable`; says so once when it goes and comes.
 *
 * @param name What the store is called in the log.
 */
export const guardStore = (store: CacheStore, timeoutMs: number, name: string): GuardedStore => {
  let failures = 0;
  let restingUntil = 0;

  const worked = (value: unknown, { logger }: Context): { readonly value: unknown } => {
    if (failures >= failuresBeforeRest) logger.info(`The ${name} store answers again.`);
    failures = 0;
    return { value };
  };
  const failed = (error: unknown, { clock, logger }: Context): typeof unavailable => {
    failures++;
    restingUntil = clock.now() + restMs;
    if (failures === failuresBeforeRest) {
      logger.warn(`The ${name} store keeps failing. Requests go on without it.`, { error });
    }
    return unavailable;
  };

  const attempt = (context: Context, call: () => unknown): ReturnType<GuardedStore["get"]> => {
    if (failures >= failuresBeforeRest && context.clock.now() < restingUntil) return unavailable;
    try {
      const result = call();
      if (!isPromise(result)) return worked(result, context);
      return within(context, timeoutMs, name, result).then(
        (value) => worked(value, context),
        (error: unknown) => failed(error, context),
      );
    } catch (error) {
      return failed(error, context);
    }
  };

  return {
    get: (context, key) => attempt(context, () => store.get(key)),
    set: (context, key, value, facts) => void attempt(context, () => store.set(key, value, facts)),
    delete: (context, key) => void attempt(context, () => store.delete(key)),
  };
};

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof value === "object" && value !== null && "then" in value;

const within = async <T>({ clock }: Context, ms: number, name: string, work: Promise<T>): Promise<T> => {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = clock.timer(ms, () => reject(new Error(`The ${name} store did not answer within ${ms} ms.`)));
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    timer.cancel();
  }
};
