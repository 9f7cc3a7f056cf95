import { tokenCount, type Usage } from "../../chat/usage.ts";
import type { Json } from "../dialect.ts";
import { isObject, numberIn, objectIn, present } from "../fields.ts";

/** Servers that estimate a part at times make it larger than the whole. */
const atMost = (part: number | undefined, whole: number): number | undefined =>
  part === undefined ? undefined : Math.min(part, whole);

/** Reads `usage`; `undefined` as long as it does not state both sides. */
export const readUsage = (value: unknown): Usage | undefined => {
  if (!isObject(value)) return undefined;
  const inputTokens = tokenCount(value["input_tokens"]);
  const outputTokens = tokenCount(value["output_tokens"]);
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  const input = objectIn(value, "input_tokens_details") ?? {};
  const output = objectIn(value, "output_tokens_details") ?? {};
  const cost = numberIn(value, "cost");
  return present({
    inputTokens,
    outputTokens,
    cacheReadTokens: atMost(tokenCount(input["cached_tokens"]), inputTokens),
    cacheWriteTokens: atMost(tokenCount(input["cache_write_tokens"]), inputTokens),
    reasoningTokens: atMost(tokenCount(output["reasoning_tokens"]), outputTokens),
    costNanoUsd: cost === undefined || cost < 0 ? undefined : Math.round(cost * 1e9),
  });
};

/** Usage in the dialect's words. Clients expect both details, so a count nobody stated is zero there. */
export const writeUsage = (usage: Usage): Json => ({
  input_tokens: usage.inputTokens,
  input_tokens_details: present({
    cached_tokens: usage.cacheReadTokens ?? 0,
    cache_write_tokens: usage.cacheWriteTokens,
  }),
  output_tokens: usage.outputTokens,
  output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
  total_tokens: usage.inputTokens + usage.outputTokens,
});
