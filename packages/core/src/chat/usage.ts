/**
 * Counts of tokens. `inputTokens` and `outputTokens` are totals; the others are parts of them. A count the provider did
 * not state is absent, which is not the same as zero.
 */
export interface TokenCounts {
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
}

/** Token counts of one answer, and what it cost where the provider tells. */
export interface Usage extends TokenCounts {
  /**
   * What the provider charges for, where that is not what it counted: less, because its own templates are free, or
   * more, because it passed over the prompt several times for one answer.
   */
  readonly billed?: TokenCounts;
  /** What the provider itself says the call cost, in integer nano-dollars. */
  readonly costNanoUsd?: number;
  /** Counted by the gateway because the provider was silent. */
  readonly estimated?: boolean;
}

const parts = [
  "cacheReadTokens",
  "cacheWriteTokens",
  "cacheWriteLongTokens",
  "reasoningTokens",
  "audioInputTokens",
  "audioOutputTokens",
] as const satisfies readonly (keyof TokenCounts)[];

/** The sum of two counts; a part is absent where neither states it. */
export const addCounts = (a: TokenCounts, b: TokenCounts): TokenCounts => {
  const sum: { -readonly [Part in keyof TokenCounts]: TokenCounts[Part] } = {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
  };
  for (const part of parts) {
    if (a[part] !== undefined || b[part] !== undefined) sum[part] = (a[part] ?? 0) + (b[part] ?? 0);
  }
  return sum;
};

/** The sum of two answers' usage, estimated as soon as one of them is. */
export const addUsage = (a: Usage, b: Usage): Usage => {
  const isBilledApart = a.billed !== undefined || b.billed !== undefined;
  const hasCost = a.costNanoUsd !== undefined || b.costNanoUsd !== undefined;
  return {
    ...addCounts(a, b),
    // What one of them does not tell apart is charged as it was counted.
    ...(isBilledApart ? { billed: addCounts(a.billed ?? a, b.billed ?? b) } : {}),
    ...(hasCost ? { costNanoUsd: (a.costNanoUsd ?? 0) + (b.costNanoUsd ?? 0) } : {}),
    ...(a.estimated || b.estimated ? { estimated: true } : {}),
  };
};

/** A token count from untrusted JSON: a finite, non-negative integer, else `undefined`. */
export const tokenCount = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined;
