import { describe, expect, it } from "vitest";
import { createFakeClock } from "../../testing/fake-clock.ts";
import { testResponseStore } from "../../testing/test-response-store.ts";
import { memoryResponseStore } from "./memory-store.ts";

testResponseStore("memoryResponseStore", () => memoryResponseStore(), { describe, it });

describe("memoryResponseStore", () => {
  const facts = { sizeBytes: 1_000 };

  it("forgets what its time is over for, counted from when it was last set", async () => {
    const clock = createFakeClock();
    const store = memoryResponseStore({ ttlMs: 60_000, clock });
    void store.set("a", "a", facts);
    void store.set("b", "b", facts);
    await clock.advance(59_999);
    expect(store.get("a")).toBe("a");
    void store.set("a", "again", facts);
    await clock.advance(1);
    expect([store.get("a"), store.get("b")]).toEqual(["again", undefined]);
    await clock.advance(60_000);
    expect(store.get("a")).toBeUndefined();
  });

  it("keeps to its size and lets the least recently used go", () => {
    const store = memoryResponseStore({ maxBytes: 5_000 });
    for (const key of ["a", "b", "c"]) void store.set(key, key, facts);
    store.get("a");
    void store.set("d", "d", facts);
    void store.set("huge", "huge", { sizeBytes: 5_001 });
    expect(["a", "b", "c", "d", "huge"].map((key) => store.get(key))).toEqual(["a", undefined, "c", "d", undefined]);
  });

  it("refuses what is no time and no size, and options it does not have", () => {
    expect(() => memoryResponseStore({ ttlMs: -1 })).toThrow("`memoryResponseStore.ttlMs` must be a time");
    expect(() => memoryResponseStore({ maxBytes: 0 })).toThrow("`memoryResponseStore.maxBytes` must be a positive");
    expect(() => memoryResponseStore({ ttl: 1 } as object)).toThrow("memoryResponseStore() has no option `ttl`");
  });
});
