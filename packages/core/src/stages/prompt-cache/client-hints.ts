import { cacheHintsOf } from "../../chat/cache-hints.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { isObject } from "../../dialects/fields.ts";

/** Marks that a client has set, also on what only its own dialect knows. */
export const countHints = (request: ChatRequest): number => {
  const { tools = [], messages } = request;
  const isOpaqueMark = (value: unknown): boolean =>
    isObject(value) && (value["cache_control"] ?? undefined) !== undefined;
  const opaqueTools = tools.filter((tool) => tool.type === "opaque" && isOpaqueMark(tool.value));
  const opaqueParts = messages.flatMap(({ parts }) =>
    parts.filter((part) => part.type === "opaque" && part.cacheHint === undefined && isOpaqueMark(part.value)),
  );
  return cacheHintsOf(request).length + opaqueTools.length + opaqueParts.length;
};

/** A client that says anything of caches knows what it wants of them. */
export const hasOwnHints = (request: ChatRequest): boolean =>
  request.cacheKey !== undefined ||
  request.cachedContent !== undefined ||
  Object.keys(request.extras ?? {}).some((name) => name.startsWith("prompt_cache_")) ||
  countHints(request) > 0;
