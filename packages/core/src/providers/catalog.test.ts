import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addUsage, type TokenCounts, type Usage } from "../chat/usage.ts";
import { catalogModels, costOf, modelFacts, priceOf, type Model, type Price } from "./catalog.ts";
import { providerTable } from "./table.ts";

const known = ["openai", "anthropic", "gemini", ...providerTable.map(({ id }) => id)];

describe("the catalog", () => {
  test("knows models of the providers it is asked for, and gives everyone the same map", () => {
    const models = catalogModels("openai");
    expect(models.get("gpt-5")).toMatchObject({
      id: "gpt-5",
      mode: "chat",
      contextWindow: 272_000,
      maxOutputTokens: 128_000,
      price: { input: 1_250, output: 10_000, cacheRead: 125 },
    });
    expect(models.get("text-embedding-3-small")).toMatchObject({ mode: "embedding", price: { input: 20, output: 0 } });
    expect(catalogModels("openai")).toBe(models);
  });

  test("knows nothing of other providers, whatever they are called", () => {
    for (const name of ["nobody", "__proto__", "constructor", "toString"]) expect(catalogModels(name).size).toBe(0);
  });

  test("has the price of cache writes that last an hour", () => {
    expect(catalogModels("anthropic").get("claude-sonnet-4-5")?.price).toEqual({
      input: 3_000,
      output: 15_000,
      cacheRead: 300,
      cacheWrite: 3_750,
      cacheWriteLong: 6_000,
    });
  });

  test("takes zero for a price only where a model is free", () => {
    const free = known.flatMap((provider) =>
      [...catalogModels(provider).values()]
        .filter(({ price }) => price?.input === 0)
        .map(({ id }) => `${provider}/${id}`),
    );
    expect(free).toContain("ollama/llama3");
    expect(
      free.filter((id) => !/^(ollama\/(?!.*-cloud$)|openrouter\/.*free$|together\/.*-Free$|zai\/.*-flash$)/.test(id)),
    ).toEqual([]);
    expect(catalogModels("ollama").get("gpt-oss:120b-cloud")?.price).toBeUndefined();
  });

  test("holds whole numbers and dates, each model under its own id", () => {
    const isCount = (value: number | undefined, low: number): boolean =>
      value === undefined || (Number.isSafeInteger(value) && value >= low);
    const isPrice = (price: Partial<Price> = {}): boolean => Object.values(price).every((value) => isCount(value, 0));
    const isSound = (id: string, model: Model): boolean =>
      model.id === id &&
      isCount(model.contextWindow, 1) &&
      isCount(model.maxOutputTokens, 1) &&
      isPrice(model.price) &&
      (model.tiers ?? []).every(({ price }) => isPrice(price)) &&
      (model.deprecationDate === undefined || !Number.isNaN(Date.parse(model.deprecationDate)));
    const all = known.flatMap((provider) => [...catalogModels(provider)]);
    expect(all.length).toBeGreaterThan(1_000);
    expect(all.filter(([id, model]) => !isSound(id, model))).toEqual([]);
    expect(catalogModels("groq").has("llama-3.3-70b-versatile")).toBe(true);
  });

  test("tells encoders what is known, and of capabilities nothing where none are recorded", () => {
    expect(modelFacts({ id: "a", mode: "chat", capabilities: [] })).toEqual({});
    const opus = catalogModels("anthropic").get("claude-opus-4-8");
    const facts = opus && modelFacts(opus);
    expect(facts).toMatchObject({ contextWindow: 1_000_000, maxOutputTokens: 128_000 });
    expect(facts?.capabilities).toEqual(expect.arrayContaining(["tools", "adaptive-thinking", "mid-system"]));
  });
});

describe("priceOf", () => {
  const price = (input: number): Price => ({ input, output: input * 4 });
  const model: Model = {
    id: "a",
    mode: "chat",
    capabilities: [],
    price: price(100),
    tiers: [
      { aboveInputTokens: 128_000, price: price(150) },
      { aboveInputTokens: 256_000, price: price(200) },
      { serviceTier: "flex", price: price(50) },
      { serviceTier: "priority", price: price(175) },
      { serviceTier: "priority", aboveInputTokens: 256_000, price: price(400) },
    ],
  };

  test.each([
    ["the ordinary price without conditions", {}, 100],
    ["the ordinary price for a tier that has no price of its own", { serviceTier: "default" }, 100],
    ["the price of the service tier", { serviceTier: "flex" }, 50],
    ["the ordinary price up to and at a threshold", { inputTokens: 128_000 }, 100],
    ["the long price beyond a threshold", { inputTokens: 128_001 }, 150],
    ["the price of the highest threshold passed", { inputTokens: 300_000 }, 200],
    ["the price for both conditions where there is one", { serviceTier: "priority", inputTokens: 300_000 }, 400],
    ["the dearer price where there is none for both", { serviceTier: "flex", inputTokens: 130_000 }, 150],
    ["the dearer price, also where that is the service tier's", { serviceTier: "priority", inputTokens: 130_000 }, 175],
  ])("is %s", (_, conditions, input) => {
    expect(priceOf(model, conditions)).toEqual(price(input));
  });

  test("is unknown where nobody knows it", () => {
    expect(priceOf({ id: "a", mode: "chat", capabilities: [] }, { inputTokens: 5 })).toBeUndefined();
  });
});

describe("costOf", () => {
  const full: Price = {
    input: 1_000,
    output: 5_000,
    cacheRead: 100,
    cacheWrite: 1_250,
    cacheWriteLong: 2_000,
    audioInput: 3_000,
    audioOutput: 9_000,
    reasoning: 4_000,
  };

  test("takes every part at its own price and the rest at the price of the whole", () => {
    const usage: Usage = {
      inputTokens: 1_000,
      outputTokens: 100,
      cacheReadTokens: 500,
      cacheWriteTokens: 200,
      cacheWriteLongTokens: 50,
      audioInputTokens: 20,
      reasoningTokens: 60,
      audioOutputTokens: 10,
    };
    const input = 500 * 100 + 150 * 1_250 + 50 * 2_000 + 20 * 3_000 + 280 * 1_000;
    expect(costOf(usage, full)).toBe(input + 60 * 4_000 + 10 * 9_000 + 30 * 5_000);
  });

  test("takes what is billed, where that is not what was counted", () => {
    const usage = { inputTokens: 1_490, outputTokens: 40, billed: { inputTokens: 57, outputTokens: 8 } };
    expect(costOf(usage, { input: 7, output: 11 })).toBe(57 * 7 + 8 * 11);
  });

  test("takes a part without a price of its own at the price of its whole", () => {
    const usage = {
      inputTokens: 10,
      outputTokens: 3,
      cacheReadTokens: 4,
      cacheWriteTokens: 2,
      cacheWriteLongTokens: 2,
    };
    expect(costOf(usage, { input: 7, output: 11 })).toBe(10 * 7 + 3 * 11);
    expect(costOf(usage, { input: 7, output: 11, cacheWrite: 9 })).toBe(8 * 7 + 2 * 9 + 3 * 11);
  });

  test("never counts more tokens than the whole, whatever the parts are said to be", () => {
    expect(costOf({ inputTokens: 10, outputTokens: 5, reasoningTokens: 50, cacheReadTokens: 40 }, full)).toBe(
      10 * 100 + 5 * 4_000,
    );
  });

  const nano = fc.nat(1_000_000);
  const prices: fc.Arbitrary<Price> = fc.record(
    {
      input: nano,
      output: nano,
      cacheRead: nano,
      cacheWrite: nano,
      cacheWriteLong: nano,
      audioInput: nano,
      audioOutput: nano,
      reasoning: nano,
    },
    { requiredKeys: ["input", "output"] },
  );
  const count = fc.nat(100_000);
  const counts: fc.Arbitrary<TokenCounts> = fc
    .tuple(count, count, count, count, count, count, count, count)
    .map(([plain, read, write, long, audioIn, out, reasoning, audioOut]) => ({
      inputTokens: plain + read + write + long + audioIn,
      outputTokens: out + reasoning + audioOut,
      cacheReadTokens: read,
      cacheWriteTokens: write + long,
      cacheWriteLongTokens: long,
      audioInputTokens: audioIn,
      reasoningTokens: reasoning,
      audioOutputTokens: audioOut,
    }));
  const usages: fc.Arbitrary<Usage> = fc.oneof(
    counts,
    fc.tuple(counts, counts).map(([counted, billed]) => ({ ...counted, billed })),
  );

  test("of two answers together is the sum of both", () => {
    fc.assert(
      fc.property(usages, usages, prices, (a, b, price) => {
        expect(costOf(addUsage(a, b), price)).toBe(costOf(a, price) + costOf(b, price));
      }),
    );
  });

  test("is a whole number, never negative and never above the dearest price for every token", () => {
    const wild = fc.record({
      inputTokens: count,
      outputTokens: count,
      cacheReadTokens: fc.integer(),
      cacheWriteTokens: fc.integer(),
      cacheWriteLongTokens: fc.integer(),
      audioInputTokens: fc.integer(),
      reasoningTokens: fc.integer(),
      audioOutputTokens: fc.integer(),
    });
    fc.assert(
      fc.property(fc.oneof(counts, wild), prices, (usage, price) => {
        const cost = costOf(usage, price);
        const dearest = Math.max(...Object.values(price));
        expect(Number.isSafeInteger(cost)).toBe(true);
        expect(cost).toBeGreaterThanOrEqual(0);
        expect(cost).toBeLessThanOrEqual((usage.inputTokens + usage.outputTokens) * dearest);
      }),
    );
  });
});
