import type { FinishReason } from "../../chat/event.ts";

const finishReasons: ReadonlyMap<string, FinishReason> = new Map([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool_calls"],
  // The turn is to be continued by sending it back; for everybody else it simply ended.
  ["pause_turn", "stop"],
  ["compaction", "stop"],
  ["refusal", "content_filter"],
]);

const stopReasons: Readonly<Record<Exclude<FinishReason, "error">, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
};

/** What a `stop_reason` means. Tool calls outrank a plain stop, but not a cut. */
export const toFinishReason = (stopReason: string | undefined, hasToolCalls: boolean): FinishReason => {
  const reason = finishReasons.get(stopReason ?? "") ?? "stop";
  return reason === "stop" && hasToolCalls && stopReason !== "pause_turn" ? "tool_calls" : reason;
};

export interface Ending {
  readonly finishReason: FinishReason;
  readonly nativeFinishReason?: string;
  readonly stopSequence?: string;
}

/** The `stop_reason` for an ending that is no error. */
export const toStopReason = ({ finishReason, nativeFinishReason, stopSequence }: Ending): string => {
  // A native word that no longer agrees belongs to an ending that somebody has changed since.
  if (nativeFinishReason !== undefined && finishReasons.get(nativeFinishReason) === finishReason) {
    return nativeFinishReason;
  }
  if (finishReason === "stop" && stopSequence !== undefined) return "stop_sequence";
  return finishReason === "error" ? stopReasons.stop : stopReasons[finishReason];
};
