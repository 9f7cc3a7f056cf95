import type { ChatEvent, ReasoningDelta, RefusalDelta, TextDelta, ToolCallDelta } from "../../chat/event.ts";

/** An event that carries a piece of a field's text. */
export type FieldEvent = TextDelta | ReasoningDelta | RefusalDelta | ToolCallDelta;

export const isFieldEvent = (event: ChatEvent): event is FieldEvent => {
  const { type } = event;
  return type === "text-delta" || type === "reasoning-delta" || type === "refusal-delta" || type === "tool-call-delta";
};

export const fieldTextOf = (event: FieldEvent): string =>
  event.type === "tool-call-delta" ? event.arguments : event.text;

export const toolCallFieldName = (index: number): string => `tool-call ${index}`;

/** Names the field among those of its choice. */
export const fieldNameOf = (event: FieldEvent): string =>
  event.type === "tool-call-delta" ? toolCallFieldName(event.index) : event.type;

/** The event with another text, cut loose from its frame and without what tells of the old text. */
export const withFieldText = (event: FieldEvent, text: string): FieldEvent => {
  switch (event.type) {
    case "text-delta": {
      const { frame: _frame, logprobs: _logprobs, ...rest } = event;
      return { ...rest, text };
    }
    case "tool-call-delta": {
      const { frame: _frame, ...rest } = event;
      return { ...rest, arguments: text };
    }
    default: {
      const { frame: _frame, ...rest } = event;
      return { ...rest, text };
    }
  }
};

/** Proofs sign what the model wrote: where that was changed they would only be refused. */
export const withoutProof = (event: FieldEvent): FieldEvent => {
  if (event.type !== "text-delta" && event.type !== "reasoning-delta") return event;
  if (event.signature === undefined) return event;
  const { frame: _frame, signature: _signature, ...rest } = event;
  return rest;
};

/** Whether an event without text still says something. */
export const saysMore = (event: FieldEvent): boolean =>
  event.type === "reasoning-delta"
    ? event.signature !== undefined || event.encrypted !== undefined || event.id !== undefined
    : event.type === "text-delta" && event.signature !== undefined;
