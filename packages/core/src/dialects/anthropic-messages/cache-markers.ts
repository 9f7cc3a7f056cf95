import type { CacheHint } from "../../chat/message.ts";
import { encodeCacheHint, hour } from "../cache-control.ts";
import { isObject } from "../fields.ts";
import type { Losses } from "../losses.ts";
import type { Block } from "../turns.ts";

const maxMarkers = 4;
const markerField = "cache_control";

/**
 * Makes a request's markers such as Anthropic takes; answers the one for the request as a whole, which stands at the
 * last block. The lists are given in the order of the prompt.
 */
export const settleCacheMarkers = (
  lists: readonly (readonly Block[])[],
  requestHint: CacheHint | undefined,
  losses: Losses,
): Block | undefined => {
  const marked: Block[] = [];
  const collect = (blocks: readonly Block[]): void => {
    for (const block of blocks) {
      // A result's list of blocks was made for this request, as the result itself was.
      if (block["type"] === "tool_result" && Array.isArray(block["content"])) collect(block["content"] as Block[]);
      if (block[markerField] !== undefined) marked.push(block);
    }
  };
  lists.forEach(collect);
  const last = lists.at(-1)?.at(-1);
  const ofRequest = encodeCacheHint(requestHint);
  // Two at the same block are refused where their lifetimes differ, so one stands for both.
  const requestMarker = last?.[markerField] === undefined ? ofRequest : undefined;
  if (last !== undefined && requestMarker === undefined && isHour(ofRequest)) last[markerField] = ofRequest;
  const excess = marked.length - (requestMarker === undefined ? maxMarkers : maxMarkers - 1);
  if (excess > 0) {
    losses.tuning(markerField);
    // Each covers all that stands before it, so the first ones are missed least.
    for (const block of marked.splice(0, excess)) delete block[markerField];
  }
  keepOrder(marked, requestMarker);
  return requestMarker;
};

const isHour = (marker: unknown): boolean => isObject(marker) && marker["ttl"] === hour;

/** An hour must not follow minutes, so what stands before it lasts as long; it is billed so anyway. */
const keepOrder = (marked: readonly Block[], requestMarker: Block | undefined): void => {
  const last = isHour(requestMarker) ? marked.length : marked.findLastIndex((block) => isHour(block[markerField]));
  for (const block of marked.slice(0, Math.max(last, 0))) {
    const marker = block[markerField];
    if (!isHour(marker)) block[markerField] = { ...(isObject(marker) ? marker : { type: "ephemeral" }), ttl: hour };
  }
};
