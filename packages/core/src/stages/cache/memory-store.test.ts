import { describe, expect, it } from "vitest";
import { testCacheStore } from "../../testing/test-cache-store.ts";
import { memoryCacheStore } from "./memory-store.ts";

testCacheStore("memoryCacheStore", () => memoryCacheStore(), { describe, it });

describe("memoryCacheStore", () => {
  const facts = { sizeBytes: 1_000, ttlMs: 1_000 };

  it("keeps to its size and lets the least recently used go", () => {
    const store = memoryCacheStore({ maxBytes: 5_000 });
    for (const key of ["a", "b", "c"]) void store.set(key, key, facts);
    expect(store.get("a")).toBe("a");
    void store.set("d", "d", facts);
    expect(["a", "b", "c", "d"].map((key) => store.get(key))).toEqual(["a", undefined, "c", "d"]);
  });

  it("bounds the number of tiny values as well", () => {
    const store = memoryCacheStore({ maxBytes: 100_000 });
    for (let index = 0; index < 10_000; index++) void store.set(`key-${index}`, index, { sizeBytes: 1, ttlMs: 1_000 });
    let kept = 0;
    for (let index = 0; index < 10_000; index++) if (store.get(`key-${index}`) !== undefined) kept++;
    expect(kept).toBeGreaterThan(100);
    expect(kept).toBeLessThan(200);
  });

  it("does not keep what is larger than itself, and nothing under that key either", () => {
    const store = memoryCacheStore({ maxBytes: 2_000 });
    void store.set("a", "small", facts);
    void store.set("a", "large", { sizeBytes: 3_000, ttlMs: 1_000 });
    expect(store.get("a")).toBeUndefined();
  });

  it("refuses a size that is none, and options it does not have", () => {
    for (const maxBytes of [0, -1, 1.5, Number.NaN, Infinity]) {
      expect(() => memoryCacheStore({ maxBytes })).toThrow("`memoryCacheStore.maxBytes` must be a positive integer");
    }
    expect(() => memoryCacheStore({ maxByte: 1 } as object)).toThrow("memoryCacheStore() has no option `maxByte`");
  });
});
