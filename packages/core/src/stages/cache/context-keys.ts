import { createContextKey, type ContextKey } from "../../pipeline/context.ts";

/** What a client asked of the cache, or a stage asks for it. It narrows what the cache does and never widens it. */
export interface CacheControl {
  /** Leave this request out of the cache: nothing is read, nothing is kept. */
  readonly noStore?: boolean;
  /** Ask a provider, whatever is stored; the new answer takes the old one's place. */
  readonly noCache?: boolean;
}

/** What the cache did: answered, looked in vain, or was not looked into. */
export type CacheResult = "hit" | "miss" | "bypass";

/** Set by the edge from `cache-control`, or by any stage outside the cache. */
export const cacheControlKey: ContextKey<CacheControl> = createContextKey<CacheControl>("cache-control");

/** Set by the cache as soon as it knows; absent where it is off. */
export const cacheResultKey: ContextKey<CacheResult> = createContextKey<CacheResult>("cache-result");
