import type { LanguageModelV4FinishReason, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import type { ChatEvent, Target, ToolCallStart, Usage } from "@llm-gateway/core";
import { createBlockWriter } from "./block-writer.ts";
import { toFinishReason } from "./finish-reason.ts";
import { ownMetadata } from "./own.ts";
import { present } from "./present.ts";
import { toUsage } from "./usage.ts";

type Part = LanguageModelV4StreamPart;

/** Writes the events of one reply as stream parts. */
export interface PartWriter {
  readonly write: (event: ChatEvent) => readonly Part[];
  /** The last part of all; where the reply `failed`, it says so whatever came before. */
  readonly finish: (failed?: "failed") => Extract<Part, { type: "finish" }>;
}

const failure: LanguageModelV4FinishReason = { unified: "error", raw: undefined };

export const createPartWriter = (target: Target | undefined): PartWriter => {
  const blocks = createBlockWriter();
  const calls = new Map<number, { readonly start: ToolCallStart; input: string }>();
  let refused = false;
  let usage: Usage | undefined;
  let finishReason = failure;

  const write = (event: ChatEvent): readonly Part[] => {
    // The AI SDK knows one choice.
    if ("choice" in event && event.choice > 0) return [];
    switch (event.type) {
      case "embedding":
        return [];
      case "reply-start": {
        const { id, model: modelId, created } = event;
        const timestamp = created === undefined ? undefined : new Date(created * 1000);
        return [{ type: "response-metadata", ...present({ id, modelId, timestamp }) }];
      }
      case "text-delta":
        return blocks.text(event);
      case "refusal-delta":
        refused = true;
        return blocks.text(event);
      case "reasoning-delta":
        return blocks.reasoning(event);
      case "citation":
        return blocks.citation(event.citation);
      case "tool-call-start":
        calls.set(event.index, { start: event, input: "" });
        return [...blocks.close(), { type: "tool-input-start", id: event.id, toolName: event.name }];
      case "tool-call-delta": {
        const call = calls.get(event.index);
        if (call === undefined) return [];
        call.input += event.arguments;
        return [{ type: "tool-input-delta", id: call.start.id, delta: event.arguments }];
      }
      case "tool-call-end": {
        const call = calls.get(event.index);
        return call === undefined ? [] : endCall(call.start, call.input);
      }
      case "usage":
        usage = event.usage;
        return [];
      case "reply-end":
        finishReason = toFinishReason(event, refused);
        return blocks.close();
      case "opaque":
        return [];
    }
  };

  const finish: PartWriter["finish"] = (failed) => ({
    type: "finish",
    finishReason: failed === undefined ? finishReason : failure,
    usage: toUsage(usage),
    ...ownMetadata(present({ target: target?.id })),
  });

  return { write, finish };
};

const endCall = ({ id, name, signature }: ToolCallStart, input: string): readonly Part[] => [
  { type: "tool-input-end", id },
  {
    type: "tool-call",
    toolCallId: id,
    toolName: name,
    input,
    ...(signature === undefined ? {} : ownMetadata({ signature: { ...signature } })),
  },
];
