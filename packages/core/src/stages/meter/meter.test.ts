import { describe, expect, test } from "vitest";
import { collect } from "../../chat/collect.ts";
import type { ChatEvent } from "../../chat/event.ts";
import { events, replyOf } from "../../chat/reply.ts";
import { createTarget } from "../../chat/target.ts";
import { UpstreamError } from "../../errors.ts";
import { deriveContext, type ContextKey } from "../../pipeline/context.ts";
import type { Model } from "../../providers/catalog.ts";
import { registryKey, type Registry } from "../../providers/registry.ts";
import { testContext, testRequest } from "../../testing/test-context.ts";
import { memoryLedger, type LedgerRow } from "./ledger.ts";
import { meter, spentKey, type MeterOptions } from "./meter.ts";

const model: Model = { id: "a", mode: "chat", capabilities: [], price: { input: 100, output: 1_000, cacheRead: 10 } };
const registry: Registry = {
  get: () => undefined,
  providers: () => [],
  resolve: () => undefined,
  model: ({ model: name }) => (name === "a" ? model : undefined),
  knows: () => true,
  knowsName: () => true,
  list: () => [],
};
const values = new Map<ContextKey<unknown>, unknown>([[registryKey, registry]]);

const start: ChatEvent = { type: "reply-start" };
const text: ChatEvent = { type: "text-delta", choice: 0, text: "twelve chars" };
const end: ChatEvent = { type: "reply-end", choice: 0, finishReason: "stop" };
const usage: ChatEvent = { type: "usage", usage: { inputTokens: 50, outputTokens: 7, cacheReadTokens: 20 } };

const setUp = (name = "a", request = testRequest()) => {
  const ledger = memoryLedger();
  const context = testContext({
    values,
    target: createTarget("one", name),
    request,
    principal: { id: "ada", tenant: "acme" },
  });
  const run = (batches: readonly (readonly ChatEvent[])[]) =>
    meter({ ledger }).run(context, () => Promise.resolve(replyOf(batches, context.target)));
  return { ledger, context, run };
};

const only = (rows: readonly LedgerRow[]): LedgerRow => {
  expect(rows).toHaveLength(1);
  return rows[0] as LedgerRow;
};

describe("meter", () => {
  test("books what the provider says, priced part by part in nano-dollars", async () => {
    const { ledger, context, run } = setUp();
    await collect(
      await run([
        [start, text],
        [end, usage],
      ]),
    );
    expect(only(ledger.rows())).toMatchObject({
      principal: "ada",
      tenant: "acme",
      target: "one/a",
      exit: "complete",
      usage: { inputTokens: 50, outputTokens: 7 },
      costNanoUsd: 30 * 100 + 20 * 10 + 7 * 1_000,
      costSource: "local",
    });
    expect(context.get(spentKey)?.costNanoUsd).toBe(10_200);
  });

  test("takes the last usage where several come, and adds nothing up", async () => {
    const { ledger, run } = setUp();
    const early: ChatEvent = { type: "usage", usage: { inputTokens: 50, outputTokens: 3 } };
    await collect(
      await run([
        [start, text, early],
        [end, usage],
      ]),
    );
    expect(only(ledger.rows()).usage.outputTokens).toBe(7);
  });

  test("estimates a provider that says nothing, and marks it", async () => {
    const { ledger, run } = setUp();
    await collect(await run([[start, text, end]]));
    expect(only(ledger.rows()).usage).toEqual({ inputTokens: 6, outputTokens: 3, estimated: true });
  });

  test("books what was seen of an answer that nobody read to its end", async () => {
    const { ledger, run } = setUp();
    for await (const event of events(await run([[start], [text], [end, usage]])))
      if (event.type === "text-delta") break;
    expect(only(ledger.rows())).toMatchObject({ exit: "stopped", usage: { outputTokens: 3, estimated: true } });
  });

  test("prefers the provider's own word on what it cost", async () => {
    const { ledger, run } = setUp();
    const priced: ChatEvent = { type: "usage", usage: { inputTokens: 1, outputTokens: 1, costNanoUsd: 42 } };
    await collect(await run([[start, text, end, priced]]));
    expect(only(ledger.rows())).toMatchObject({ costNanoUsd: 42, costSource: "provider" });
  });

  test("leaves the cost open where nobody knows the price", async () => {
    const { ledger, run } = setUp("unknown");
    await collect(await run([[start, text, end, usage]]));
    expect(only(ledger.rows())).not.toHaveProperty("costNanoUsd");
  });

  test("tells the cost to a client that asked for it, and touches nothing otherwise", async () => {
    const asked = setUp("a", testRequest({ includeUsage: true, includeCost: true }));
    expect((await collect(await asked.run([[start, text, end, usage]]))).usage?.costNanoUsd).toBe(10_200);
    const silent = setUp();
    const batch = [start, text, end, usage];
    const passed = await (await silent.run([batch])).batches[Symbol.asyncIterator]().next();
    expect(passed.value).toBe(batch);
  });

  test.each([
    ["upstream_reset", { possiblyBilled: true, usage: { inputTokens: 6, outputTokens: 0, estimated: true } }],
    ["upstream_auth_failed", { usage: { inputTokens: 0, outputTokens: 0 } }],
  ] as const)("books a call that ended with %s before its answer began", async (code, row) => {
    const { ledger, context } = setUp();
    const failing = meter({ ledger }).run(context, () => Promise.reject(new UpstreamError(code, "It failed.")));
    await expect(failing).rejects.toHaveProperty("code", code);
    expect(only(ledger.rows())).toMatchObject({ exit: "rejected", error: code, costNanoUsd: 0, ...row });
  });

  test("survives a ledger that throws", async () => {
    const broken = {
      record: () => {
        throw new Error("disk full");
      },
    };
    const reply = await meter({ ledger: broken }).run(testContext({ values }), () =>
      Promise.resolve(replyOf([[start, text, end]])),
    );
    expect((await collect(reply)).text).toBe("twelve chars");
  });

  test("refuses a ledger that is none", () => {
    expect(() => meter({ ledger: {} } as MeterOptions)).toThrow("`meter.ledger`");
  });
});

describe("memoryLedger", () => {
  test("forgets the oldest rows beyond its bound and keeps them in its totals", async () => {
    const ledger = memoryLedger({ maxRows: 2 });
    const context = testContext({ values, target: createTarget("one", "a") });
    for (const attempt of [1, 2, 3]) {
      const reply = await meter({ ledger }).run(deriveContext(context, { attempt }), () =>
        Promise.resolve(replyOf([[start, text, end, usage]])),
      );
      await collect(reply);
    }
    expect(ledger.rows().map(({ attempt }) => attempt)).toEqual([2, 3]);
    expect(ledger.totals()).toEqual({ calls: 3, inputTokens: 150, outputTokens: 21, costNanoUsd: 30_600n });
  });
});
