import type { Message } from "../chat/message.ts";
import type { ChatRequest } from "../chat/request.ts";
import type { Json } from "./dialect.ts";
import type { Losses } from "./losses.ts";

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
    for (const field of Object.keys(part.extras ?? {})) losses.tuning(`messages[].content[].${field}`);
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
export const nameCacheHints = ({ cacheHint, messages, tools = [] }: ChatRequest, losses: Losses): void => {
  const isHinted =
    cacheHint !== undefined ||
    messages.some(({ parts }) => parts.some((part) => part.cacheHint !== undefined)) ||
    tools.some((tool) => tool.type === "function" && tool.cacheHint !== undefined);
  if (isHinted) losses.tuning("cache_control");
};
