import { describe, expect, test } from "vitest";
import type { Model } from "./catalog.ts";
import { declareModels } from "./declared-models.ts";

const gpt: Model = {
  id: "gpt",
  mode: "chat",
  capabilities: ["tools"],
  contextWindow: 10,
  price: { input: 1, output: 2 },
};
const known: ReadonlyMap<string, Model> = new Map([["gpt", gpt]]);
type Declared = Parameters<typeof declareModels>[1];

describe("declared models", () => {
  test("leave the catalog's map as it is where there are none", () => {
    expect(declareModels(known, undefined, "f()")).toBe(known);
    expect(declareModels(known, [], "f()")).toBe(known);
  });

  test("are added to the catalog or correct it", () => {
    const models = declareModels(
      known,
      ["house", { id: "gpt", contextWindow: 99 }, { id: "e", mode: "embedding" }],
      "f()",
    );
    expect(models.get("house")).toEqual({ id: "house", mode: "chat", capabilities: [] });
    expect(models.get("gpt")).toEqual({ ...gpt, contextWindow: 99 });
    expect(models.get("e")?.mode).toBe("embedding");
    expect(known.size).toBe(1);
  });

  test.each([
    ["a", /`models` of f\(\) must be an array/],
    [[""], /`models\[0\]` of f\(\) must be a model's name/],
    [["a".repeat(257)], /1 to 256 characters/],
    [["a\nb"], /must be a model's name/],
    [[{ mode: "chat" }], /`id`/],
    [["a", "a"], /`models\[1\]` of f\(\) declares "a" a second time/],
    [[{ id: "a", mode: "image" }], /`mode` in `models\[0\]` of f\(\) must be "chat" or "embedding"/],
    [[{ id: "a", contextWindow: 1.5 }], /`contextWindow` .* positive integer/],
    [[{ id: "a", maxOutputTokens: 0 }], /`maxOutputTokens`/],
    [[{ id: "a", capabilities: ["flying"] }], /`capabilities` .* tools/],
    [[{ id: "a", price: { input: 1 } }], /`price` .* `input` and `output`/],
    [
      [{ id: "a", price: { input: 2.5, output: 1 } }],
      /nano-dollars per token\. A price of \$2\.50 per million tokens is 2500/,
    ],
    [[{ id: "a", price: { input: -1, output: 1 } }], /integer from 0/],
    [[{ id: "a", price: { input: 1, output: Infinity } }], /integer from 0/],
    [[{ id: "a", price: { input: 1, output: 1, cached: 1 } }], /no part `cached`/],
    [[{ id: "a", tiers: [{ price: { input: 1, output: 1 } }] }], /`serviceTier` and `aboveInputTokens`/],
    [[{ id: "a", tiers: [{ serviceTier: "flex" }] }], /`price` of `tiers\[0\]`/],
    [[{ id: "a", tiers: [{ aboveInputTokens: 0, price: { input: 1, output: 1 } }] }], /positive integer/],
    [[{ id: "a", deprecationDate: "soon" }], /date like/],
    [[{ id: "a", context: 1 }], /no field `context`; it has id/],
  ])("refuse %j", (declared, message) => {
    // Wrong on purpose, as a user without a type checker would write it.
    expect(() => declareModels(known, declared as Declared, "f()")).toThrow(TypeError);
    expect(() => declareModels(known, declared as Declared, "f()")).toThrow(message);
  });
});
