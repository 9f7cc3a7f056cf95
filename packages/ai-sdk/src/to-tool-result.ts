import type { LanguageModelV4ToolResultOutput, LanguageModelV4ToolResultPart } from "@ai-sdk/provider";
import type { Part, TextPart, ToolResultPart } from "@llm-gateway/core";
import { ownFields } from "./own.ts";
import { toMedia } from "./to-media.ts";
import type { Warn } from "./warn.ts";

/** What a tool of this process gave. */
export const toToolResult = (
  { toolCallId, toolName, output, providerOptions }: LanguageModelV4ToolResultPart,
  warn: Warn,
): ToolResultPart => ({
  type: "tool-result",
  toolCallId,
  name: toolName,
  content: toContent(output, warn),
  ...(isFailure(output) ? { isError: true } : {}),
  ...ownFields<ToolResultPart>(providerOptions, ["cacheHint"]),
});

const isFailure = ({ type }: LanguageModelV4ToolResultOutput): boolean =>
  type === "error-text" || type === "error-json" || type === "execution-denied";

const toContent = (output: LanguageModelV4ToolResultOutput, warn: Warn): readonly Part[] => {
  switch (output.type) {
    case "text":
    case "error-text":
      return [{ type: "text", text: output.value }];
    case "json":
    case "error-json":
      return [{ type: "text", text: JSON.stringify(output.value) }];
    case "execution-denied":
      return [{ type: "text", text: output.reason ?? "The user did not allow this call." }];
    case "content":
      return output.value.flatMap((part) => toPart(part, warn) ?? []);
  }
};

type ContentPart = Extract<LanguageModelV4ToolResultOutput, { type: "content" }>["value"][number];

const toPart = (part: ContentPart, warn: Warn): Part | undefined => {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text, ...ownFields<TextPart>(part.providerOptions, ["cacheHint"]) };
    case "file":
      return toMedia(part);
    case "custom":
      warn("custom content in a tool result", "Only the provider it was made for understands it.");
      return undefined;
  }
};
