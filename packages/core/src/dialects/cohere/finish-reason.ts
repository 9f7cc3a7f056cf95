import type { FinishReason } from "../../chat/event.ts";

const meanings: ReadonlyMap<string, FinishReason> = new Map([
  ["MAX_TOKENS", "length"],
  ["ERROR_LIMIT", "length"],
  ["ERROR_TOXIC", "content_filter"],
]);

/**
 * A finish reason in the vocabulary; `undefined` where it says that there is no answer. Calls decide whether a stop is
 * `tool_calls`, whatever word it has.
 */
export const toFinishReason = (native: string, hasCalls: boolean): FinishReason | undefined => {
  const meaning = meanings.get(native);
  if (meaning !== undefined) return meaning;
  if (native.startsWith("ERROR") || native === "TIMEOUT" || native === "USER_CANCEL") return undefined;
  return hasCalls ? "tool_calls" : "stop";
};
