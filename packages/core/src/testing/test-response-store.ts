import type { ResponseStore } from "../http/responses/store.ts";
import type { ContractTools } from "./contract-tools.ts";
import { testKeyValueStore } from "./key-value-suite.ts";

/**
 * What every store of responses must do, as a suite of tests.
 *
 * @param makeStore Makes an empty store, for each test another, whose values last at least a minute.
 *
 * @example
 * testResponseStore("redisResponseStore", () => redisResponseStore({ url }), { describe, it });
 */
export const testResponseStore = (
  name: string,
  makeStore: () => ResponseStore | Promise<ResponseStore>,
  tools: ContractTools,
): void => testKeyValueStore(name, "store of responses", makeStore, tools);
