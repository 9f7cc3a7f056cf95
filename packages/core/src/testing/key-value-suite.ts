import assert from "node:assert/strict";
import type { ContractTools } from "./contract-tools.ts";

interface KeyValueStore {
  readonly get: (key: string) => unknown;
  readonly set: (key: string, value: unknown, facts: { readonly sizeBytes: number; readonly ttlMs: number }) => unknown;
  readonly delete: (key: string) => unknown;
}

/** What every store of values under keys must do, as a suite of tests. */
export const testKeyValueStore = (
  name: string,
  kind: string,
  makeStore: () => KeyValueStore | Promise<KeyValueStore>,
  { describe, it }: ContractTools,
): void => {
  const put = async (store: KeyValueStore, key: string, value: unknown): Promise<void> => {
    const sizeBytes = Buffer.byteLength(JSON.stringify(value));
    await store.set(key, value, { sizeBytes, ttlMs: 60_000 });
  };

  describe(`${name} is a ${kind}`, () => {
    it("has nothing under a key that was never set", async () => {
      const store = await makeStore();
      assert.equal(await store.get("a"), undefined);
    });

    it("gives back what was set, equal in every field", async () => {
      const store = await makeStore();
      const value = {
        text: 'naïve 🦉 \u0000 \ud800 "quoted"\r\n',
        numbers: [0, -1.5, Number.MAX_SAFE_INTEGER],
        nested: { empty: {}, list: [[], [null, true, ""]] },
        // JSON may hold any field name; this one must come back as a field.
        proto: JSON.parse('{"__proto__":{"polluted":true}}'),
      };
      await put(store, "a", value);
      assert.equal(JSON.stringify(await store.get("a")), JSON.stringify(value));
      assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    });

    it("keeps the last of several values set under one key", async () => {
      const store = await makeStore();
      await put(store, "a", { version: 1 });
      await put(store, "a", { version: 2 });
      assert.deepEqual(await store.get("a"), { version: 2 });
    });

    it("tells keys apart, letter by letter", async () => {
      const store = await makeStore();
      const keys = ["a", "A", "a ", "a:b", "a:b:", "é", "e\u0301", "*", "__proto__", "f".repeat(64)];
      for (const key of keys) await put(store, key, { key });
      for (const key of keys) assert.deepEqual(await store.get(key), { key });
    });

    it("forgets what is deleted, and nothing else", async () => {
      const store = await makeStore();
      await put(store, "a", { key: "a" });
      await put(store, "b", { key: "b" });
      await store.delete("a");
      await store.delete("never set");
      assert.equal(await store.get("a"), undefined);
      assert.deepEqual(await store.get("b"), { key: "b" });
    });

    it("keeps values apart that are set at the same time", async () => {
      const store = await makeStore();
      const keys = Array.from({ length: 50 }, (_, index) => `key-${index}`);
      await Promise.all(keys.map((key) => put(store, key, { key })));
      assert.deepEqual(
        await Promise.all(keys.map((key) => store.get(key))),
        keys.map((key) => ({ key })),
      );
    });
  });
};
