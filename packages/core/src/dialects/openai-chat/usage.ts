import { tokenCount, type Usage } from "../../chat/usage.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, numberIn, objectIn, present } from "../fields.ts";

/** The usage an answer or a chunk states, wherever its server puts it. */
export const findUsage = (body: Json): Usage | undefined => {
  const group = objectIn(body, "x_groq");
  const choice = arrayIn(body, "choices")[0];
  return (
    readUsage(body["usage"]) ??
    (group === undefined ? undefined : readUsage(group["usage"])) ??
    (isObject(choice) ? readUsage(choice["usage"]) : undefined)
  );
};

/** Servers that estimate a part at times make it larger than the whole. */
const atMost = (part: number | undefined, whole: number): number | undefined =>
  part === undefined ? undefined : Math.min(part, whole);

/** Reads a `usage` object; `undefined` as long as it does not state both sides. */
const readUsage = (value: unknown): Usage | undefined => {
  if (!isObject(value)) return undefined;
  const prompt = tokenCount(value["prompt_tokens"]);
  if (prompt === undefined) return undefined;
  const total = tokenCount(value["total_tokens"]);
  const completion = tokenCount(value["completion_tokens"]) ?? (total === undefined ? undefined : total - prompt);
  if (completion === undefined || completion < 0) return undefined;

  const input = objectIn(value, "prompt_tokens_details") ?? {};
  const output = objectIn(value, "completion_tokens_details") ?? {};
  const read =
    tokenCount(input["cached_tokens"]) ??
    tokenCount(value["prompt_cache_hit_tokens"]) ??
    tokenCount(value["cached_tokens"]) ??
    tokenCount(value["num_cached_tokens"]) ??
    tokenCount(value["cache_read_input_tokens"]);
  const written =
    tokenCount(input["cache_write_tokens"]) ??
    tokenCount(input["cache_creation_input_tokens"]) ??
    tokenCount(value["cache_creation_input_tokens"]);
  const cached = (read ?? 0) + (written ?? 0);
  // Where a count stands beside the whole instead of in it, the total tells.
  const inputTokens = cached > 0 && total === prompt + completion + cached ? prompt + cached : prompt;
  const reasoning = tokenCount(output["reasoning_tokens"]) ?? tokenCount(value["reasoning_tokens"]);
  // The same of reasoning: some servers count it beside the answer, others within.
  const isApart = reasoning !== undefined && total === prompt + completion + reasoning;
  const outputTokens = completion + (isApart ? reasoning : 0);
  return present({
    inputTokens,
    outputTokens,
    cacheReadTokens: atMost(read, inputTokens),
    cacheWriteTokens: atMost(written, inputTokens),
    cacheWriteLongTokens: tokenCount(objectIn(value, "cache_creation")?.["ephemeral_1h_input_tokens"]),
    reasoningTokens: atMost(reasoning, outputTokens),
    audioInputTokens: tokenCount(input["audio_tokens"]),
    audioOutputTokens: tokenCount(output["audio_tokens"]),
    costNanoUsd: readCost(value),
  });
};

const readCost = (usage: Json): number | undefined => {
  const cost = numberIn(usage, "cost") ?? numberIn(objectIn(usage, "cost") ?? {}, "total_cost");
  return cost === undefined || cost < 0 ? undefined : Math.round(cost * 1e9);
};

/** Usage in the dialect's words: only what is known, and the cost in USD where it was asked for. */
export const writeUsage = (usage: Usage, includeCost: boolean): Json => {
  const input = present({
    cached_tokens: usage.cacheReadTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    audio_tokens: usage.audioInputTokens,
  });
  const output = present({ reasoning_tokens: usage.reasoningTokens, audio_tokens: usage.audioOutputTokens });
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    ...(Object.keys(input).length === 0 ? {} : { prompt_tokens_details: input }),
    ...(Object.keys(output).length === 0 ? {} : { completion_tokens_details: output }),
    ...(includeCost && usage.costNanoUsd !== undefined ? { cost: usage.costNanoUsd / 1e9 } : {}),
  };
};
