import { LRUCache } from "lru-cache";
import { checkCount, checkKnown } from "../../check-options.ts";
import type { CacheStore } from "./store.ts";

export interface MemoryCacheStoreOptions {
  /**
   * Bytes of answers to keep, counted as JSON; the least recently used go first.
   *
   * @default 67108864 (64 MiB)
   */
  readonly maxBytes?: number;
}

const defaults = { maxBytes: 64 * 1024 * 1024 };

// The key, the entry's place in the lists and the objects around the text: many tiny answers must be bounded too.
const overheadBytes = 512;

/**
 * Keeps cached answers in this process.
 *
 * @throws TypeError where `maxBytes` is no positive integer.
 */
export const memoryCacheStore = (options: MemoryCacheStoreOptions = {}): CacheStore => {
  checkKnown(options, "memoryCacheStore", ["maxBytes"]);
  const maxBytes = options.maxBytes ?? defaults.maxBytes;
  checkCount(maxBytes, "memoryCacheStore.maxBytes");
  const values = new LRUCache<string, { readonly value: unknown }>({ maxSize: maxBytes });
  return {
    get: (key) => values.get(key)?.value,
    set: (key, value, { sizeBytes }) => {
      // One box a value, so that a value may be anything.
      values.set(key, { value }, { size: sizeBytes + overheadBytes });
    },
    delete: (key) => void values.delete(key),
  };
};
