import { cacheHintsOf } from "../chat/cache-hints.ts";
import type { Message } from "../chat/message.ts";
import type { ChatRequest } from "../chat/request.ts";
import type { Json } from "./dialect.ts";
import type { Losses } from "./losses.ts";
import { breakpointField } from "./openai-cache.ts";

/**
 * Fields of a request that only its own dialect has; those of other dialects are dropped by name.
 *
 * @param told Fields that are said in other words, so that nothing of them is lost.
 */
export const ownFields = (
  { dialect, extras = {} }: ChatRequest,
  target: string,
  losses: Losses,
  told: readonly string[] = [],
): Json => {
  if (dialect === target) return extras;
  for (const [name, value] of Object.entries(extras)) {
    // Null says as much as nothing does.
    if (value !== null && !told.includes(name)) losses.tuning(name);
  }
  return {};
};

/** Names what a message holds beside its parts, for dialects that have no place for it. */
export const nameForeignFields = ({ name, extras = {}, parts }: Message, losses: Losses): void => {
  if (name !== undefined) losses.tuning("messages[].name");
  for (const field of Object.keys(extras)) losses.tuning(`messages[].${field}`);
  for (const part of parts) {
    for (const field of Object.keys(part.extras ?? {})) {
      if (field !== breakpointField) losses.tuning(`messages[].content[].${field}`);
    }
  }
};

/** Names what a tool holds that only the dialect it was written in understands. */
export const nameForeignToolFields = ({ tools = [] }: ChatRequest, losses: Losses): void => {
  for (const tool of tools) {
    if (tool.type === "opaque") continue;
    for (const field of Object.keys(tool.extras ?? {})) losses.tuning(`tools[].${field}`);
  }
};

/** Names hints at what to cache, for dialects that take none. */
export const nameCacheHints = (request: ChatRequest, losses: Losses): void => {
  if (cacheHintsOf(request).length > 0) losses.tuning("cache_control");
};

/** Names a part of the prompt that only its keeper can put in front of the rest. */
export const nameCachedContent = ({ cachedContent }: ChatRequest, losses: Losses): void => {
  if (cachedContent !== undefined) losses.meaning("cached_content", "what it names is kept by another provider");
};
