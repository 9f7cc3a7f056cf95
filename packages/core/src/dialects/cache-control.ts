import { isLong } from "../chat/cache-hints.ts";
import type { CacheHint } from "../chat/message.ts";
import type { Block } from "./turns.ts";

export const hour = "1h";

/** `cache_control` with the nearest lifetime Anthropic has: five minutes, its default, or an hour. */
export const encodeCacheHint = (hint: CacheHint | undefined): Block | undefined => {
  if (hint === undefined) return undefined;
  return { type: "ephemeral", ...(hint.ttl !== undefined && { ttl: isLong(hint) ? hour : "5m" }) };
};
