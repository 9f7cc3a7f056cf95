import type { Losses } from "../losses.ts";
import type { Block } from "../turns.ts";

const maxMarkers = 4;

/**
 * Keeps the last `cache_control` markers, as many as Anthropic takes: each covers all that stands before it, so the
 * first ones are missed least. The lists are given in the order of the prompt; a marker of the whole request counts.
 */
export const limitCacheMarkers = (
  lists: readonly (readonly Block[])[],
  hasRequestMarker: boolean,
  losses: Losses,
): void => {
  const marked: Block[] = [];
  const collect = (blocks: readonly Block[]): void => {
    for (const block of blocks) {
      // A result's list of blocks was made for this request, as the result itself was.
      if (block["type"] === "tool_result" && Array.isArray(block["content"])) collect(block["content"] as Block[]);
      if (block["cache_control"] !== undefined) marked.push(block);
    }
  };
  lists.forEach(collect);
  const excess = marked.length - (hasRequestMarker ? maxMarkers - 1 : maxMarkers);
  if (excess <= 0) return;
  losses.tuning("cache_control");
  for (const block of marked.slice(0, excess)) delete block["cache_control"];
};
