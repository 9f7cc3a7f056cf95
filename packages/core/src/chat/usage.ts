/**
 * Token counts of one answer. `inputTokens` and `outputTokens` are totals; the others are parts of them.
 * A count the provider did not state is absent, which is not the same as zero.
 */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Part of `inputTokens`, read from the provider's prompt cache. */
  readonly cacheReadTokens?: number;
  /** Part of `inputTokens`, written to the provider's prompt cache. */
  readonly cacheWriteTokens?: number;
  /** Part of `cacheWriteTokens` written for an hour instead of minutes, where the provider prices them apart. */
  readonly cacheWriteLongTokens?: number;
  /** Part of `outputTokens`. */
  readonly reasoningTokens?: number;
  readonly audioInputTokens?: number;
  readonly audioOutputTokens?: number;
  /** Tokens the provider charges for, where it says that these are not those it counted. */
  readonly billedInputTokens?: number;
  readonly billedOutputTokens?: number;
  /** What the provider itself says the call cost, in integer nano-dollars. */
  readonly costNanoUsd?: number;
  /** Counted by the gateway because the provider was silent. */
  readonly estimated?: boolean;
}

const total = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);

/** The sum of two answers' usage, estimated as soon as one of them is. */
export const addUsage = (a: Usage, b: Usage): Usage => {
  const optional = {
    cacheReadTokens: total(a.cacheReadTokens, b.cacheReadTokens),
    cacheWriteTokens: total(a.cacheWriteTokens, b.cacheWriteTokens),
    cacheWriteLongTokens: total(a.cacheWriteLongTokens, b.cacheWriteLongTokens),
    reasoningTokens: total(a.reasoningTokens, b.reasoningTokens),
    audioInputTokens: total(a.audioInputTokens, b.audioInputTokens),
    audioOutputTokens: total(a.audioOutputTokens, b.audioOutputTokens),
    costNanoUsd: total(a.costNanoUsd, b.costNanoUsd),
  };
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    ...Object.fromEntries(Object.entries(optional).filter(([, count]) => count !== undefined)),
    ...(a.estimated || b.estimated ? { estimated: true } : {}),
  };
};

/** A token count from untrusted JSON: a finite, non-negative integer, else `undefined`. */
export const tokenCount = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined;
