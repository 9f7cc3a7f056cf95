import type { CacheHint, Part } from "./message.ts";
import type { ChatRequest } from "./request.ts";

/** Every hint in a request, in the order of the prompt: tools, messages, and the one for the request as a whole. */
export const cacheHintsOf = ({ tools = [], messages, cacheHint }: ChatRequest): readonly CacheHint[] => {
  const hints: CacheHint[] = [];
  const add = (hint: CacheHint | undefined): void => {
    if (hint !== undefined) hints.push(hint);
  };
  const addAll = (parts: readonly Part[]): void => {
    for (const part of parts) {
      if (part.type === "tool-result") addAll(part.content);
      add(part.cacheHint);
    }
  };
  for (const tool of tools) if (tool.type === "function") add(tool.cacheHint);
  for (const { parts } of messages) addAll(parts);
  add(cacheHint);
  return hints;
};

/** Whether a hint asks for an hour or more instead of minutes. */
export const isLong = ({ ttl }: CacheHint): boolean => ttl !== undefined && !/^([0-5]m|\d{1,3}s)$/.test(ttl);
