import { expect, test } from "vitest";
import { usageAttributes } from "./usage-attributes.ts";

const usage = {
  inputTokens: 100,
  outputTokens: 50,
  cacheReadTokens: 30,
  cacheWriteTokens: 20,
  reasoningTokens: 0,
  estimated: true,
};

const common = {
  "gen_ai.usage.input_tokens": 100,
  "gen_ai.usage.output_tokens": 50,
  "gen_ai.usage.cache_read.input_tokens": 30,
  "gen_ai.usage.reasoning.output_tokens": 0,
  "llm_gateway.usage.estimated": true,
};

test("v1.41 says cache_creation", () => {
  expect(usageAttributes(usage, "v1.41")).toEqual({ ...common, "gen_ai.usage.cache_creation.input_tokens": 20 });
});

test("its successor says cache_write", () => {
  expect(usageAttributes(usage, "next")).toEqual({ ...common, "gen_ai.usage.cache_write.input_tokens": 20 });
});

test("what the provider did not state is left out", () => {
  expect(usageAttributes({ inputTokens: 1, outputTokens: 0 }, "v1.41")).toEqual({
    "gen_ai.usage.input_tokens": 1,
    "gen_ai.usage.output_tokens": 0,
  });
});
