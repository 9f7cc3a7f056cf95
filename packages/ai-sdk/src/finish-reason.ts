import type { LanguageModelV4FinishReason } from "@ai-sdk/provider";
import type { FinishReason, ReplyEnd } from "@llm-gateway/core";

const unified: Readonly<Record<FinishReason, LanguageModelV4FinishReason["unified"]>> = {
  stop: "stop",
  length: "length",
  tool_calls: "tool-calls",
  content_filter: "content-filter",
  error: "error",
};

/** Why an answer ended. Some providers call it a proper end when the model refused. */
export const toFinishReason = (
  { finishReason, nativeFinishReason = finishReason }: ReplyEnd,
  refused: boolean,
): LanguageModelV4FinishReason => ({
  unified: refused && finishReason === "stop" ? "content-filter" : unified[finishReason],
  raw: nativeFinishReason,
});
