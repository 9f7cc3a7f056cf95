import type { Exit } from "../../chat/finish.ts";
import type { Usage } from "../../chat/usage.ts";
import { createContextKey, type ContextKey } from "../../pipeline/context.ts";

/** What one provider call used and cost. */
export interface LedgerRow {
  readonly requestId: string;
  readonly principal: string;
  readonly tenant?: string;
  /** `provider/model` asked. */
  readonly target: string;
  /** Number of the call in its request, from 1. */
  readonly attempt: number;
  /** How its answer was left; `rejected` where it never began. */
  readonly exit: Exit | "rejected";
  /** Code of the error, where there was one. */
  readonly error?: string;
  readonly usage: Usage;
  /** Integer nano-dollars; absent where nobody knows the price. */
  readonly costNanoUsd?: number;
  /** Who says what it cost. */
  readonly costSource?: "provider" | "local";
  /** It failed in a way after which the provider may still charge for it. */
  readonly possiblyBilled?: boolean;
  readonly serviceTier?: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
}

/** Where the meter writes. `record` must not throw; a slow sink queues for itself. */
export interface Ledger {
  readonly record: (row: LedgerRow) => void;
}

export const ledgerKey: ContextKey<Ledger> = createContextKey("ledger");

/** Sums over rows. */
export interface LedgerTotals {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNanoUsd: bigint;
}

export interface MemoryLedger extends Ledger {
  /** The latest rows, oldest first. */
  readonly rows: () => readonly LedgerRow[];
  /** Sums of all rows ever recorded, also of those no longer kept. */
  readonly totals: () => LedgerTotals;
}

/**
 * A ledger in this process's memory.
 *
 * @param options.maxRows Rows kept; older ones are forgotten, but stay in the totals. Default 10,000.
 */
export const memoryLedger = (options: { readonly maxRows?: number } = {}): MemoryLedger => {
  const { maxRows = 10_000 } = options;
  if (!Number.isSafeInteger(maxRows) || maxRows < 1) {
    throw new TypeError(`\`memoryLedger.maxRows\` must be a positive integer, got ${String(maxRows)}.`);
  }
  const rows: LedgerRow[] = [];
  let oldest = 0;
  let calls = 0;
  let inputTokens = 0;
  let outputTokens = 0;
  // Big integers are slow, so what is below the largest safe one is kept beside them.
  let costNanoUsd = 0n;
  let recentNanoUsd = 0;
  return {
    record: (row) => {
      calls++;
      inputTokens += row.usage.inputTokens;
      outputTokens += row.usage.outputTokens;
      const cost = row.costNanoUsd ?? 0;
      if (recentNanoUsd + cost > Number.MAX_SAFE_INTEGER) {
        costNanoUsd += BigInt(recentNanoUsd);
        recentNanoUsd = 0;
      }
      recentNanoUsd += cost;
      if (rows.length < maxRows) rows.push(row);
      else {
        rows[oldest] = row;
        oldest = (oldest + 1) % maxRows;
      }
    },
    rows: () => [...rows.slice(oldest), ...rows.slice(0, oldest)],
    totals: () => ({ calls, inputTokens, outputTokens, costNanoUsd: costNanoUsd + BigInt(recentNanoUsd) }),
  };
};
