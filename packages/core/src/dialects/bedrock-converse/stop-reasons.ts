import type { FinishReason } from "../../chat/event.ts";

const finishReasons: ReadonlyMap<string, FinishReason> = new Map([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool_calls"],
  ["guardrail_intervened", "content_filter"],
  ["content_filtered", "content_filter"],
  ["malformed_model_output", "error"],
  ["malformed_tool_use", "error"],
]);

/** What a `stopReason` means; words yet to be invented mean a stop. Tool calls outrank a stop, but not a cut. */
export const toFinishReason = (stopReason: string, hasToolCalls: boolean): FinishReason => {
  const reason = finishReasons.get(stopReason) ?? "stop";
  return reason === "stop" && hasToolCalls ? "tool_calls" : reason;
};
