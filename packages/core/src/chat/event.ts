import type { Citation, Extras, OpaquePart, Signature } from "./message.ts";
import type { Usage } from "./usage.ts";

/**
 * The bytes on the wire that one or more events were decoded from, in order. A front of the same dialect writes
 * `raw` again instead of encoding, as long as exactly these events, or those of a part, are still there, next to each
 * other.
 */
export interface Frame {
  readonly dialect: string;
  /** `body`: a whole answer. `stream`: one or more frames of a stream, their terminators included. */
  readonly form: "body" | "stream";
  readonly bytes: FrameBytes;
  readonly events: readonly ChatEvent[];
  /** Those of its events that tell all there is to know of them but their text; all of them where they are not alike. */
  readonly samples: readonly ChatEvent[];
}

export interface FrameBytes {
  readonly raw: string | Uint8Array;
  /** Where `raw` stands among bytes that came together. */
  readonly place?: FramePlace | undefined;
}

/** A piece of bytes that came together. */
export interface FramePlace {
  readonly chunk: Uint8Array;
  readonly start: number;
  readonly end: number;
}

interface EventBase {
  /** Set by decoders only. A copy made by spreading carries it along, but is not one of `frame.events`. */
  readonly frame?: Frame | undefined;
}

interface ChoiceEvent extends EventBase {
  /** Index of the choice this belongs to; 0 where only one was asked for. */
  readonly choice: number;
}

/** First event of a reply. */
export interface ReplyStart extends EventBase {
  readonly type: "reply-start";
  readonly id?: string;
  /** The model that really answered. */
  readonly model?: string;
  /** Unix seconds. */
  readonly created?: number;
  readonly serviceTier?: string;
  readonly systemFingerprint?: string;
  readonly extras?: Extras;
}

export interface TextDelta extends ChoiceEvent {
  readonly type: "text-delta";
  readonly text: string;
  /** Which block of the answer; another number starts a new text part. */
  readonly block?: number;
  /** OpenAI's `logprobs.content` entries for this text. */
  readonly logprobs?: readonly unknown[];
  readonly signature?: Signature;
}

export interface ReasoningDelta extends ChoiceEvent {
  readonly type: "reasoning-delta";
  readonly text: string;
  readonly block?: number;
  readonly summary?: boolean;
  /** Comes after the text it signs, often on a delta without text. */
  readonly signature?: Signature;
  readonly encrypted?: Signature;
  readonly id?: string;
}

export interface ToolCallStart extends ChoiceEvent {
  readonly type: "tool-call-start";
  /** Ordinal among the tool calls of this choice: 0, 1, 2, … */
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly kind: "function" | "custom";
  readonly signature?: Signature;
}

export interface ToolCallDelta extends ChoiceEvent {
  readonly type: "tool-call-delta";
  readonly index: number;
  /** The next piece of the arguments' text. */
  readonly arguments: string;
}

export interface ToolCallEnd extends ChoiceEvent {
  readonly type: "tool-call-end";
  readonly index: number;
}

export interface RefusalDelta extends ChoiceEvent {
  readonly type: "refusal-delta";
  readonly text: string;
}

export interface CitationEvent extends ChoiceEvent {
  readonly type: "citation";
  readonly citation: Citation;
  readonly block?: number;
}

/** The vector of one input (`embeddings`); all of them are of one choice. */
export interface EmbeddingEvent extends ChoiceEvent {
  readonly type: "embedding";
  /** Ordinal of the input: 0, 1, 2, … */
  readonly index: number;
  /** The numbers, or base64 of them as little-endian 32-bit floats, as the provider wrote it. */
  readonly vector: Vector;
}

export type Vector = readonly number[] | string;

/** Usage so far. Where several come, each replaces the one before. */
export interface UsageEvent extends EventBase {
  readonly type: "usage";
  readonly usage: Usage;
}

/** Why a choice ended, in OpenAI's values. `error`: the provider itself says that it gave up. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "error";

/** Last event of a choice. */
export interface ReplyEnd extends ChoiceEvent {
  readonly type: "reply-end";
  readonly finishReason: FinishReason;
  /** The provider's own word. */
  readonly nativeFinishReason?: string;
  /** The stop sequence that matched, where the provider tells. */
  readonly stopSequence?: string;
  readonly extras?: Extras;
}

/** Something only its own dialect understands: kept there, left out elsewhere. */
export interface OpaqueEvent extends EventBase {
  readonly type: "opaque";
  readonly dialect: string;
  /** What the dialect calls it: `ping`, `comment`, `done`, `content_block_start`, … */
  readonly name: string;
  readonly value?: unknown;
  /** A part of the answer that is whole with this event and that only its dialect can say: a fold keeps it in its place. */
  readonly completes?: { readonly choice: number; readonly part: OpaquePart };
}

/** The event that brings a whole part which only one dialect can say. */
export const opaqueWhole = (name: string, choice: number, part: OpaquePart): OpaqueEvent => ({
  type: "opaque",
  dialect: part.dialect,
  name,
  value: part.value,
  completes: { choice, part },
});

export type ChatEvent =
  | ReplyStart
  | TextDelta
  | ReasoningDelta
  | ToolCallStart
  | ToolCallDelta
  | ToolCallEnd
  | RefusalDelta
  | CitationEvent
  | EmbeddingEvent
  | UsageEvent
  | ReplyEnd
  | OpaqueEvent;

/** What one network read brought; never empty. */
export type EventBatch = readonly ChatEvent[];

/** Text, reasoning, a tool call or a refusal: what a client has been given can not be taken back. */
export const isContent = (event: ChatEvent): boolean => {
  switch (event.type) {
    case "text-delta":
    case "refusal-delta":
      return event.text !== "";
    case "reasoning-delta":
      return event.text !== "" || event.signature !== undefined || event.encrypted !== undefined;
    case "tool-call-start":
    case "tool-call-delta":
    case "embedding":
      return true;
    default:
      return false;
  }
};
