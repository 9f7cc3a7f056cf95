import type { Context } from "../../pipeline/context.ts";

/** Stands for a value that a store failed to give in time. */
export const unavailable: unique symbol = Symbol("unavailable");

/** At once from a store that answers at once. */
type Soon<T> = T | Promise<T>;

/** A store of values under keys. `Facts` is what it is told of a value beside the value. */
interface KeyedStore<Facts> {
  readonly get: (key: string) => unknown;
  readonly set: (key: string, value: unknown, facts: Facts) => void | Promise<void>;
  readonly delete: (key: string) => void | Promise<void>;
}

type Watch = Pick<Context, "clock" | "logger">;

/** What became of a call, `unavailable` where the store failed, was too slow, or rests. */
type Outcome = Soon<{ readonly value: unknown } | typeof unavailable>;

/** A store whose failures reach nobody. */
export interface GuardedStore<Facts> {
  readonly get: (watch: Watch, key: string) => Outcome;
  readonly set: (watch: Watch, key: string, value: unknown, facts: Facts) => Outcome;
  readonly delete: (watch: Watch, key: string) => Outcome;
}

// A store that fails again and again is left alone for a while: each request would wait for it in vain.
const failuresBeforeRest = 5;
const restMs = 5_000;

/**
 * Bounds every call to a store in time and turns failures into `unavailable`; says so once when it goes and comes.
 *
 * @param name What the store is called in the log.
 */
export const guardStore = <Facts>(store: KeyedStore<Facts>, timeoutMs: number, name: string): GuardedStore<Facts> => {
  let failures = 0;
  let restingUntil = 0;

  const worked = (value: unknown, { logger }: Watch): { readonly value: unknown } => {
    if (failures >= failuresBeforeRest) logger.info(`The ${name} store answers again.`);
    failures = 0;
    return { value };
  };
  const failed = (error: unknown, { clock, logger }: Watch): typeof unavailable => {
    failures++;
    restingUntil = clock.now() + restMs;
    if (failures === failuresBeforeRest) {
      logger.warn(`The ${name} store keeps failing. Requests go on without it.`, { error });
    }
    return unavailable;
  };

  const attempt = (watch: Watch, call: () => unknown): Outcome => {
    if (failures >= failuresBeforeRest && watch.clock.now() < restingUntil) return unavailable;
    try {
      const result = call();
      if (!isPromise(result)) return worked(result, watch);
      return within(watch, timeoutMs, name, result).then(
        (value) => worked(value, watch),
        (error: unknown) => failed(error, watch),
      );
    } catch (error) {
      return failed(error, watch);
    }
  };

  return {
    get: (watch, key) => attempt(watch, () => store.get(key)),
    set: (watch, key, value, facts) => attempt(watch, () => store.set(key, value, facts)),
    delete: (watch, key) => attempt(watch, () => store.delete(key)),
  };
};

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof value === "object" && value !== null && "then" in value;

const within = async <T>({ clock }: Watch, ms: number, name: string, work: Promise<T>): Promise<T> => {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = clock.timer(ms, () => reject(new Error(`The ${name} store did not answer within ${ms} ms.`)));
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    timer.cancel();
  }
};
