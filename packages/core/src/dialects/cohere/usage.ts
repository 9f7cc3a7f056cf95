import { tokenCount, type Usage } from "../../chat/usage.ts";
import type { Json } from "../dialect.ts";
import { objectIn, present } from "../fields.ts";

/**
 * `usage` as what the model really read and wrote, the provider's own templates included; `undefined` where it holds no
 * counts. What is billed is less (`billed_units`), and stands in where nothing else is told.
 */
export const toUsage = (usage: Json): Usage | undefined => {
  const tokens = objectIn(usage, "tokens") ?? {};
  const billed = objectIn(usage, "billed_units") ?? {};
  const input = tokenCount(tokens["input_tokens"]) ?? tokenCount(billed["input_tokens"]);
  const output = tokenCount(tokens["output_tokens"]) ?? tokenCount(billed["output_tokens"]);
  if (input === undefined && output === undefined) return undefined;
  const counts = present({
    // Images are counted apart, thoughts are not.
    inputTokens: (input ?? 0) + (tokenCount(tokens["image_tokens"]) ?? 0),
    outputTokens: output ?? 0,
    cacheReadTokens: tokenCount(usage["cached_tokens"]),
    reasoningTokens: tokenCount(tokens["reasoning_tokens"]),
  });
  const billedInput = tokenCount(billed["input_tokens"]);
  const billedOutput = tokenCount(billed["output_tokens"]);
  if (billedInput === undefined && billedOutput === undefined) return counts;
  const charged = {
    ...counts,
    inputTokens: billedInput ?? counts.inputTokens,
    outputTokens: billedOutput ?? counts.outputTokens,
  };
  return { ...counts, billed: charged };
};
