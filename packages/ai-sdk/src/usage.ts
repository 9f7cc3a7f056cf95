import type { LanguageModelV4Usage } from "@ai-sdk/provider";
import type { Usage } from "@llm-gateway/core";

/** Token counts. What the provider did not state is `undefined`, which is not the same as zero. */
export const toUsage = (usage: Usage | undefined): LanguageModelV4Usage => ({
  inputTokens: {
    total: usage?.inputTokens,
    noCache: without(usage?.inputTokens, usage?.cacheReadTokens, usage?.cacheWriteTokens),
    cacheRead: usage?.cacheReadTokens,
    cacheWrite: usage?.cacheWriteTokens,
  },
  outputTokens: {
    total: usage?.outputTokens,
    text: without(usage?.outputTokens, usage?.reasoningTokens),
    reasoning: usage?.reasoningTokens,
  },
  ...(usage === undefined ? {} : { raw: toRaw(usage) }),
});

const toRaw = ({ billed, ...counts }: Usage): NonNullable<LanguageModelV4Usage["raw"]> =>
  billed === undefined ? counts : { ...counts, billed: { ...billed } };

/** What is left of a total without those parts of it that are known; `undefined` where none is. */
const without = (total: number | undefined, ...parts: readonly (number | undefined)[]): number | undefined => {
  const known = parts.filter((part) => part !== undefined);
  if (total === undefined || known.length === 0) return undefined;
  return known.reduce((rest, part) => rest - part, total);
};
