import { addCounts, tokenCount, type TokenCounts, type Usage } from "../../chat/usage.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, numberIn, objectIn, present } from "../fields.ts";

// The most a provider could claim to cost without the claim being nonsense: beyond it nano-dollars lose exactness.
const maxCostUsd = 1_000_000;

/** What an answer took, and what it cost where the server tells; `undefined` where nothing is stated. */
export const decodeUsage = (usage: Json | undefined): Usage | undefined => {
  const counts = usage === undefined ? undefined : decodeCounts(usage);
  if (usage === undefined || counts === undefined) return undefined;
  const cost = numberIn(usage, "cost");
  return present({
    ...counts,
    billed: decodeBilled(usage, counts),
    costNanoUsd: cost !== undefined && cost >= 0 && cost <= maxCostUsd ? Math.round(cost * 1e9) : undefined,
  });
};

/**
 * One answer may take several passes of one or more models. The counts are those of the passes that wrote it; the others
 * (a summary of what came before, another model's advice) stand among `iterations` only, and are charged as well.
 */
const decodeBilled = (usage: Json, { inputTokens, outputTokens, reasoningTokens }: TokenCounts) => {
  const passes = arrayIn(usage, "iterations")
    .filter(isObject)
    .flatMap((pass) => decodeCounts(pass) ?? []);
  if (passes.length < 2) return undefined;
  const all = passes.reduce(addCounts);
  if (all.inputTokens <= inputTokens && all.outputTokens <= outputTokens) return undefined;
  return present({ ...all, reasoningTokens: all.reasoningTokens ?? reasoningTokens });
};

/** Anthropic counts cached prompt tokens beside `input_tokens`; here the total includes them. */
const decodeCounts = (usage: Json): TokenCounts | undefined => {
  const fresh = tokenCount(usage["input_tokens"]);
  const outputTokens = tokenCount(usage["output_tokens"]);
  if (fresh === undefined && outputTokens === undefined) return undefined;
  const cacheReadTokens = tokenCount(usage["cache_read_input_tokens"]);
  const cacheWriteTokens = tokenCount(usage["cache_creation_input_tokens"]);
  const long = tokenCount(objectIn(usage, "cache_creation")?.["ephemeral_1h_input_tokens"]);
  return present({
    inputTokens: (fresh ?? 0) + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0),
    outputTokens: outputTokens ?? 0,
    cacheReadTokens,
    cacheWriteTokens,
    // With server tools the split covers the first pass only and the total all of them.
    cacheWriteLongTokens: long === undefined ? undefined : Math.min(long, cacheWriteTokens ?? 0),
    reasoningTokens: tokenCount(objectIn(usage, "output_tokens_details")?.["thinking_tokens"]),
  });
};

/** Later numbers replace earlier ones; what the later ones leave out stays. */
export const mergeUsage = (earlier: Json, later: Json): Json => {
  const said = Object.entries(later).filter(([, value]) => value !== null && value !== undefined);
  return { ...earlier, ...Object.fromEntries(said) };
};

/** Usage in Anthropic's words. `input_tokens` leaves out what the cache read and wrote. */
export const encodeUsage = (usage: Usage | undefined, serviceTier?: string): Json => {
  const { inputTokens = 0, outputTokens = 0, cacheReadTokens, cacheWriteTokens, cacheWriteLongTokens } = usage ?? {};
  return present({
    input_tokens: Math.max(0, inputTokens - (cacheReadTokens ?? 0) - (cacheWriteTokens ?? 0)),
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cacheReadTokens,
    cache_creation:
      cacheWriteLongTokens === undefined
        ? undefined
        : {
            ephemeral_5m_input_tokens: Math.max(0, (cacheWriteTokens ?? 0) - cacheWriteLongTokens),
            ephemeral_1h_input_tokens: cacheWriteLongTokens,
          },
    output_tokens: outputTokens,
    output_tokens_details:
      usage?.reasoningTokens === undefined ? undefined : { thinking_tokens: usage.reasoningTokens },
    service_tier: serviceTier === undefined ? undefined : encodeUsedTier(serviceTier),
  });
};

/** The tier that served an answer: Anthropic's `standard` is `default` in the vocabulary. */
export const decodeUsedTier = (tier: string): string => (tier === "standard" ? "default" : tier);
const encodeUsedTier = (tier: string): string => (tier === "default" ? "standard" : tier);
