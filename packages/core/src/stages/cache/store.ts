/** Where cached answers are kept. Anything it throws, rejects or delays counts as "not there": a request never fails by it. */
export interface CacheStore {
  /** What was set under a key, equal to it in every field; `undefined` where there is nothing (any more). */
  readonly get: (key: string) => unknown;
  /** Keeps a value, in place of what was there. It may be forgotten at any time. */
  readonly set: (key: string, value: unknown, facts: CacheValueFacts) => void | Promise<void>;
  /** Forgets a value; not an error where there is none. */
  readonly delete: (key: string) => void | Promise<void>;
}

/** What a store may know of a value, which it neither reads nor changes: a frozen tree that survives JSON. */
interface CacheValueFacts {
  /** Length of its JSON text in UTF-8. */
  readonly sizeBytes: number;
  /**
   * After this it will not be asked for again, so a store that can expire by itself should. The value holds its own
   * time as well: one that is served late does no harm.
   */
  readonly ttlMs: number;
}
