import { tokenCount, type Usage } from "../../chat/usage.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, present } from "../fields.ts";

/** Bedrock counts cached prompt tokens beside `inputTokens`; here the total includes them. */
export const decodeUsage = (usage: Json): Usage | undefined => {
  const fresh = tokenCount(usage["inputTokens"]);
  const outputTokens = tokenCount(usage["outputTokens"]);
  if (fresh === undefined && outputTokens === undefined) return undefined;
  const cacheReadTokens = tokenCount(usage["cacheReadInputTokens"]);
  const cacheWriteTokens = tokenCount(usage["cacheWriteInputTokens"]);
  const long = longWrites(usage);
  return present({
    inputTokens: (fresh ?? 0) + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0),
    outputTokens: outputTokens ?? 0,
    cacheReadTokens,
    cacheWriteTokens,
    cacheWriteLongTokens: long === undefined ? undefined : Math.min(long, cacheWriteTokens ?? 0),
  });
};

/** Tokens written to the cache for an hour; `undefined` where the writes are not told apart. */
const longWrites = (usage: Json): number | undefined => {
  const details = arrayIn(usage, "cacheDetails").filter(isObject);
  if (details.length === 0) return undefined;
  const long = details.filter(({ ttl }) => ttl === "1h");
  return long.reduce((sum, { inputTokens }) => sum + (tokenCount(inputTokens) ?? 0), 0);
};
