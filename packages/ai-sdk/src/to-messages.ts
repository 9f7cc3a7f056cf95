import type { LanguageModelV4Message, LanguageModelV4Prompt } from "@ai-sdk/provider";
import type { Message, Part, ReasoningPart, TextPart, ToolCallPart } from "@llm-gateway/core";
import { ownFields, ownOptions } from "./own.ts";
import { toMedia } from "./to-media.ts";
import { toToolResult } from "./to-tool-result.ts";
import type { Warn } from "./warn.ts";

/** A prompt in the gateway's vocabulary. What has no place in it is left out and warned of. */
export const toMessages = (prompt: LanguageModelV4Prompt, warn: Warn): readonly Message[] =>
  prompt.flatMap((message) => {
    const parts = toParts(message, warn);
    const last = parts.at(-1);
    if (last === undefined) return [];
    // A hint on a message stands for one on its last part.
    const hint = ownFields<Pick<TextPart, "cacheHint">>(message.providerOptions, ["cacheHint"]);
    return { role: message.role, parts: [...parts.slice(0, -1), { ...last, ...hint }] };
  });

const toParts = ({ role, content }: LanguageModelV4Message, warn: Warn): Part[] =>
  typeof content === "string"
    ? [{ type: "text", text: content }]
    : content.flatMap((part) => toPart(role, part, warn) ?? []);

type MessagePart = Exclude<LanguageModelV4Message["content"], string>[number];

const toPart = (role: LanguageModelV4Message["role"], part: MessagePart, warn: Warn): Part | undefined => {
  const { type, providerOptions } = part;
  switch (type) {
    case "text":
      return ownOptions(providerOptions)["refusal"] === true
        ? { type: "refusal", text: part.text }
        : { type, text: part.text, ...ownFields<TextPart>(providerOptions, ["cacheHint", "signature"]) };
    case "file":
      return toMedia(part);
    case "reasoning": {
      const own = ownFields<ReasoningPart>(providerOptions, ["encrypted", "id", "signature", "summary"]);
      return { type, text: part.text, ...own };
    }
    case "tool-call":
      if (part.providerExecuted === true) break;
      return {
        type,
        kind: "function",
        id: part.toolCallId,
        name: part.toolName,
        arguments: JSON.stringify(part.input ?? {}),
        ...ownFields<ToolCallPart>(providerOptions, ["cacheHint", "signature"]),
      };
    case "tool-result":
      // In a turn of the assistant it is what a tool gave that the provider ran itself.
      if (role === "tool") return toToolResult(part, warn);
  }
  warn(`${type} in a prompt`, "Only the provider that made it understands it.");
  return undefined;
};
