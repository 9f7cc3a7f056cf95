import { checkCount, checkKnown, checkMs } from "../../check-options.ts";
import { systemClock, type Clock } from "../../pipeline/clock.ts";
import { memoryCacheStore } from "../../stages/cache/memory-store.ts";
import type { ResponseStore } from "./store.ts";

export interface MemoryResponseStoreOptions {
  /**
   * How long an answer can be referred to, in milliseconds.
   *
   * @default 86_400_000 (a day)
   */
  readonly ttlMs?: number;
  /**
   * Bytes of answers to keep, each with its conversation, counted as JSON; the least recently used go first.
   *
   * @default 67_108_864 (64 MiB)
   */
  readonly maxBytes?: number;
  /** What time it is. @default the machine's clock */
  readonly clock?: Clock;
}

const defaults = { ttlMs: 24 * 60 * 60 * 1000, maxBytes: 64 * 1024 * 1024 };

interface Entry {
  readonly value: unknown;
  /** Monotonic milliseconds. */
  readonly expiresAt: number;
}

/**
 * Keeps answers in this process.
 *
 * @throws TypeError naming the option that is wrong.
 */
export const memoryResponseStore = (options: MemoryResponseStoreOptions = {}): ResponseStore => {
  checkKnown(options, "memoryResponseStore", ["ttlMs", "maxBytes", "clock"]);
  const { ttlMs = defaults.ttlMs, maxBytes = defaults.maxBytes, clock = systemClock } = options;
  checkMs(ttlMs, "memoryResponseStore.ttlMs");
  checkCount(maxBytes, "memoryResponseStore.maxBytes");
  const entries = memoryCacheStore({ maxBytes });
  return {
    get: (key) => {
      // Only entries are ever set.
      const entry = entries.get(key) as Entry | undefined;
      if (entry === undefined || clock.now() < entry.expiresAt) return entry?.value;
      void entries.delete(key);
      return undefined;
    },
    set: (key, value, { sizeBytes }) => {
      const entry: Entry = { value, expiresAt: clock.now() + ttlMs };
      return entries.set(key, entry, { sizeBytes, ttlMs });
    },
    delete: entries.delete,
  };
};
