import type { CacheStore } from "../stages/cache/store.ts";
import type { ContractTools } from "./contract-tools.ts";
import { testKeyValueStore } from "./key-value-suite.ts";

/**
 * What every cache store must do, as a suite of tests.
 *
 * @param makeStore Makes an empty store, for each test another.
 *
 * @example
 * testCacheStore("redisCacheStore", () => redisCacheStore({ url }), { describe, it });
 */
export const testCacheStore = (
  name: string,
  makeStore: () => CacheStore | Promise<CacheStore>,
  tools: ContractTools,
): void => testKeyValueStore(name, "cache store", makeStore, tools);
