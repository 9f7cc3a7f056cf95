/**
 * Where answers of the Responses API are kept that clients may refer to. It forgets them by itself after a time of its
 * own, and may forget them earlier. Where it throws, rejects or is too slow, clients are asked to try again.
 */
export interface ResponseStore {
  /** What was set under a key, equal to it in every field; `undefined` where there is nothing (any more). */
  readonly get: (key: string) => unknown;
  /** Keeps a value, in place of what was there: a tree that survives JSON and that nobody changes. */
  readonly set: (key: string, value: unknown, facts: ResponseFacts) => void | Promise<void>;
  /** Forgets a value; not an error where there is none. */
  readonly delete: (key: string) => void | Promise<void>;
}

/** What a store may know of a value. */
export interface ResponseFacts {
  /** Length of its JSON text in UTF-8. */
  readonly sizeBytes: number;
}
