import type { FinishReason } from "../../chat/event.ts";

const meanings: ReadonlyMap<string, FinishReason> = new Map([
  ["stop", "stop"],
  ["eos", "stop"],
  ["eos_token", "stop"],
  ["stop_sequence", "stop"],
  ["end_turn", "stop"],
  ["repetition", "stop"],
  ["length", "length"],
  ["model_length", "length"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_calls", "tool_calls"],
  ["tool_call", "tool_calls"],
  ["tool_use", "tool_calls"],
  ["function_call", "tool_calls"],
  ["content_filter", "content_filter"],
  ["refusal", "content_filter"],
  ["sensitive", "content_filter"],
  ["error", "error"],
  ["abort", "error"],
  ["network_error", "error"],
  ["insufficient_system_resource", "error"],
]);

const own: ReadonlySet<string> = new Set(["stop", "length", "tool_calls", "function_call", "content_filter", "error"]);

/** Whether a client of this dialect knows the word. */
export const isOwnFinishReason = (word: string): boolean => own.has(word);

/**
 * What a server's word means; a word nobody knows is derived from the answer. Calls outrank `stop`, as a forced call
 * ends with it, but not `length`: a call that was cut must not look whole.
 */
export const readFinishReason = (word: string, hasCalls: boolean): FinishReason => {
  const meaning = meanings.get(word) ?? "stop";
  return meaning === "stop" && hasCalls ? "tool_calls" : meaning;
};
