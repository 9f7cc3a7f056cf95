import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { CatalogFile } from "../packages/core/src/providers/catalog.ts";
import { buildCatalog, formatCatalog, suspicions } from "./build-catalog.ts";

const build = (list: Record<string, unknown>) => buildCatalog(list, { licence: "MIT" });
const chat = (provider: string, more: object = {}) => ({
  litellm_provider: provider,
  mode: "chat",
  input_cost_per_token: 1.5e-7,
  output_cost_per_token: 6e-7,
  ...more,
});
const openai = (more: object) => build({ m: chat("openai", more) }).catalog.providers["openai"]?.["m"];

describe("the catalog builder", () => {
  test("keeps models under the names their providers use and says what it left out", () => {
    const { catalog, skipped } = build({
      "groq/llama": chat("groq"),
      "together-ai-up-to-4b": chat("together_ai"),
      "deepseek-chat": chat("deepseek", { input_cost_per_token: 9e-7 }),
      "deepseek/deepseek-chat": chat("deepseek"),
      "dall-e": { litellm_provider: "openai", mode: "image_generation" },
      sample_spec: { litellm_provider: "one of many", mode: "chat" },
      fallback_generalizations: { rules: [] },
      nobody: chat("nobody"),
    });
    expect(catalog.providers["groq"]).toEqual({ llama: { price: [150, 600] } });
    expect(catalog.providers["deepseek"]).toEqual({ "deepseek-chat": { price: [150, 600] } });
    expect(skipped.map(({ key, reason }) => `${key}: ${reason}`)).toEqual([
      "dall-e: neither chat nor embedding",
      "deepseek-chat: listed twice",
      "together-ai-up-to-4b: not a name the provider uses",
    ]);
  });

  test("says which of two APIs a model is served at, where it is only one", () => {
    const at = (...supported_endpoints: string[]) => openai({ supported_endpoints })?.only;
    expect(openai({ mode: "responses" })?.only).toBe("responses");
    expect(at("/v1/responses", "/v1/batch")).toBe("responses");
    expect(at("/v1/chat/completions")).toBe("chat");
    expect(at("/v1/chat/completions", "/v1/responses")).toBeUndefined();
    expect(openai({})?.only).toBeUndefined();
    const { catalog, skipped } = build({
      "perplexity/of-another": chat("perplexity", { mode: "responses" }),
      "perplexity/sonar": chat("perplexity", { supported_endpoints: ["/v1/chat/completions"] }),
    });
    expect(catalog.providers["perplexity"]).toEqual({ sonar: { price: [150, 600] } });
    expect(skipped).toEqual([{ key: "perplexity/of-another", reason: "neither chat nor embedding" }]);
  });

  test("rounds fractions of a nano-dollar up, and nothing else", () => {
    expect(openai({ cache_read_input_token_cost: 6.25e-8 })?.price).toEqual([150, 600, 63]);
    expect(openai({ input_cost_per_token: 1e-10 })?.price?.[0]).toBe(1);
    expect(openai({ input_cost_per_token: 5.7e-7 })?.price?.[0]).toBe(570);
  });

  test("reads prices by service tier and prompt length, and tables of them", () => {
    const row = openai({
      cache_read_input_token_cost: 5e-8,
      input_cost_per_token_flex: 7.5e-8,
      input_cost_per_token_above_200k_tokens: 3e-7,
      output_cost_per_token_above_200k_tokens: 9e-7,
      input_cost_per_token_above_200k_tokens_priority: 6e-7,
      input_cost_per_token_batches: 1.5e-7,
    });
    expect(row?.tiers).toEqual([
      [null, 200_000, [300, 900]],
      ["batch", null, [150, 600]],
      ["flex", null, [75, 600]],
      ["priority", 200_000, [600, 600]],
    ]);
    const table = openai({
      input_cost_per_token: undefined,
      output_cost_per_token: undefined,
      tiered_pricing: [
        { input_cost_per_token: 1e-7, output_cost_per_token: 4e-7, range: [0, 32000] },
        { input_cost_per_token: 2e-7, output_cost_per_token: 8e-7, range: [32000, 128000] },
      ],
    });
    expect(table).toEqual({ price: [100, 400], tiers: [[null, 32_000, [200, 800]]] });
  });

  test("leaves a price out that is zero or half known, unless the model is free", () => {
    expect(openai({ input_cost_per_token: 0, output_cost_per_token: 0, max_input_tokens: 5 })).toEqual({ window: 5 });
    expect(openai({ output_cost_per_token: undefined, max_input_tokens: 5 })).toEqual({ window: 5 });
    const free = chat("openrouter", { input_cost_per_token: 0, output_cost_per_token: 0, max_input_tokens: 5 });
    const { providers } = build({ "openrouter/x:free": free, "openrouter/x": free }).catalog;
    expect(providers["openrouter"]).toEqual({ x: { window: 5 }, "x:free": { window: 5, price: [0, 0] } });
  });

  test("tells the two meanings of max_tokens apart", () => {
    expect(openai({ max_tokens: 5 })).toMatchObject({ window: 5 });
    expect(openai({ max_tokens: 5, max_input_tokens: 9, max_output_tokens: 5 })).toMatchObject({
      window: 9,
      output: 5,
    });
  });

  test("marks capabilities that are stated, and tools where choosing them is", () => {
    const names = (row: { readonly can?: number } | undefined): string[] =>
      build({}).catalog.capabilities.filter((_, bit) => ((row?.can ?? 0) >> bit) & 1);
    expect(names(openai({ supports_vision: true, supports_reasoning: false }))).toEqual(["vision"]);
    expect(names(openai({ supports_tool_choice: true }))).toEqual(["tools", "tool-choice"]);
    expect(names(openai({ supports_tool_choice: true, supports_function_calling: false }))).toEqual(["tool-choice"]);
  });

  test("takes abilities from the same model elsewhere where its own row is silent", () => {
    const { catalog } = build({
      claude: chat("anthropic", { supports_vision: false }),
      "azure_ai/claude": chat("azure_ai", {
        supports_mid_conversation_system: true,
        supports_vision: true,
        max_tokens: 5,
      }),
    });
    const can = 1 << catalog.capabilities.indexOf("mid-system");
    expect(catalog.providers["anthropic"]).toEqual({ claude: { price: [150, 600], can } });
  });

  test.each([
    [{ input_cost_per_token: "free" }, /no price of a token/],
    [{ input_cost_per_token: -1 }, /no price of a token/],
    [{ input_cost_per_token: 5 }, /no price of a token/],
    [{ max_input_tokens: 1.5 }, /no number of tokens/],
    [{ deprecation_date: "soon" }, /no date/],
    [{ tiered_pricing: [{ range: "all" }] }, /no table/],
    [{ supported_endpoints: ["/v1/realtime"] }, /not served as chat/],
  ])("skips a row with %j", (fields, reason) => {
    const { catalog, skipped } = build({ m: chat("openai", fields) });
    expect(catalog.providers["openai"]).toEqual({});
    expect(skipped).toEqual([{ key: "m", reason: expect.stringMatching(reason) }]);
  });

  test("writes the same text whatever the order of the list", () => {
    const list = { b: chat("openai"), a: chat("openai"), "groq/c": chat("groq") };
    const reversed = Object.fromEntries(Object.entries(list).toReversed());
    const text = formatCatalog(build(list).catalog);
    expect(formatCatalog(build(reversed).catalog)).toBe(text);
    expect(JSON.parse(text)).toEqual(build(list).catalog);
  });

  test("is suspicious of lost models and of prices that leap", () => {
    const before = build({ a: chat("openai"), b: chat("openai") }).catalog;
    expect(suspicions(before, before)).toEqual([]);
    expect(suspicions(before, build({ a: chat("openai") }).catalog)).toEqual(["only 1 models are left of 2"]);
    const leap = build({ a: chat("openai", { input_cost_per_token: 2e-6 }), b: chat("openai") }).catalog;
    expect(suspicions(before, leap)).toEqual(["openai/a: input went from 150 to 2000 nano-dollars"]);
  });
});

test("the catalog in the package is small and carries the licence of its source", () => {
  const text = readFileSync(new URL("../packages/core/src/providers/catalog.json", import.meta.url), "utf8");
  expect(text.length).toBeLessThan(250 * 1024);
  // Written by the script under test.
  const { source } = JSON.parse(text) as CatalogFile;
  expect(source).toMatchObject({
    licence: "MIT",
    copyright: "Copyright (c) 2023 Berri AI",
    date: expect.stringMatching(/^20/),
  });
});
