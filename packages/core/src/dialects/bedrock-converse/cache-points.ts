import { isLong } from "../../chat/cache-hints.ts";
import type { CacheHint } from "../../chat/message.ts";
import { hour } from "../cache-control.ts";
import { isObject } from "../fields.ts";
import type { Losses } from "../losses.ts";
import type { Block } from "../turns.ts";
import type { ModelTraits } from "./model-traits.ts";

export const maxCachePoints = 4;

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
  const lastsLong = isLong(hint);
  if (lastsLong && !cacheTtl) losses.tuning("cache_control.ttl");
  return [{ cachePoint: { type: "default", ...(lastsLong && cacheTtl ? { ttl: hour } : {}) } }];
};

const isCachePoint = (block: Block): boolean => block["cachePoint"] !== undefined;

/** Makes a request's cache points such as Bedrock takes. The lists are given in the order of the prompt. */
export const settleCachePoints = (lists: readonly Block[][], losses: Losses): void => {
  keepLast(lists, losses);
  keepOrder(lists);
};

/** As many as it takes: each covers all that stands before it, so the first ones are missed least. */
const keepLast = (lists: readonly Block[][], losses: Losses): void => {
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

/** An hour must not follow minutes, so what stands before it lasts as long; it is billed so anyway. */
const keepOrder = (lists: readonly Block[][]): void => {
  let isBeforeHour = false;
  for (const list of lists.toReversed()) {
    for (const [index, { cachePoint }] of [...list.entries()].toReversed()) {
      if (!isObject(cachePoint)) continue;
      if (cachePoint["ttl"] === hour) isBeforeHour = true;
      else if (isBeforeHour) list[index] = { cachePoint: { ...cachePoint, ttl: hour } };
    }
  }
};
