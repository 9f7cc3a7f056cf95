import type { CacheHint } from "../../chat/message.ts";
import type { Losses } from "../losses.ts";
import type { Block } from "../turns.ts";
import type { ModelTraits } from "./model-traits.ts";

const maxCachePoints = 4;

/** The block that follows what is worth caching; none where the model takes none in this place. */
export const cachePointAfter = (
  hint: CacheHint | undefined,
  place: "prompt" | "tools",
  { cachePoints, cacheTtl }: ModelTraits,
  losses: Losses,
): Block[] => {
  if (hint === undefined) return [];
  if (cachePoints === "none" || (place === "tools" && cachePoints !== "all")) {
    losses.tuning("cache_control");
    return [];
  }
  const isLong = hint.ttl !== undefined && !/^([0-5]m|\d{1,3}s)$/.test(hint.ttl);
  if (isLong && !cacheTtl) losses.tuning("cache_control.ttl");
  return [{ cachePoint: { type: "default", ...(isLong && cacheTtl ? { ttl: "1h" } : {}) } }];
};

const isCachePoint = (block: Block): boolean => block["cachePoint"] !== undefined;

/**
 * Keeps the last cache points, as many as Bedrock takes: each covers all that stands before it, so the first ones are
 * missed least. The lists are given in the order of the prompt.
 */
export const limitCachePoints = (lists: readonly Block[][], losses: Losses): void => {
  let excess = lists.flat().filter(isCachePoint).length - maxCachePoints;
  if (excess <= 0) return;
  losses.tuning("cache_control");
  for (const list of lists) {
    for (let index = list.findIndex(isCachePoint); index !== -1 && excess > 0; index = list.findIndex(isCachePoint)) {
      list.splice(index, 1);
      excess--;
    }
  }
};
