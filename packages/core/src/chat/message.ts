/** Fields of the source dialect that nobody here understands. They go back to the same dialect, never to another. */
export type Extras = Readonly<Record<string, unknown>>;

/** Marks the end of a prefix worth caching. `ttl` is in the provider's own words: `"5m"`, `"30m"`, `"1h"`. */
export interface CacheHint {
  readonly ttl?: string;
}

/**
 * Opaque proof a provider wants back, byte for byte, on the next turn. `format` names the family that issued it
 * (`anthropic-claude-v1`, `google-gemini-v1`, `openai-responses-v1`, …); it is never sent to another.
 */
export interface Signature {
  readonly format: string;
  readonly value: string;
}

/** Where the bytes of an image, a sound or a file are. `data` is base64 without a data-URL prefix. */
export type MediaSource =
  | { readonly type: "url"; readonly url: string; readonly mediaType?: string }
  | { readonly type: "base64"; readonly mediaType: string; readonly data: string }
  | { readonly type: "file-id"; readonly fileId: string; readonly mediaType?: string }
  | { readonly type: "text"; readonly text: string; readonly mediaType?: string };

interface PartBase {
  readonly cacheHint?: CacheHint;
  readonly extras?: Extras;
}

export interface TextPart extends PartBase {
  readonly type: "text";
  readonly text: string;
  readonly citations?: readonly Citation[];
  readonly signature?: Signature;
}

export interface ImagePart extends PartBase {
  readonly type: "image";
  readonly source: MediaSource;
  /** Resolution hint in OpenAI's values: `auto`, `low`, `high`, `original`. */
  readonly detail?: string;
}

export interface AudioPart extends PartBase {
  readonly type: "audio";
  readonly source: MediaSource;
}

export interface FilePart extends PartBase {
  readonly type: "file";
  readonly source: MediaSource;
  readonly filename?: string;
  readonly title?: string;
  /** Background the model reads beside the document. */
  readonly context?: string;
  /** The model shall cite from this document. */
  readonly citations?: boolean;
}

export interface ToolCallPart extends PartBase {
  readonly type: "tool-call";
  /** `custom` calls carry free text in `arguments`, `function` calls JSON text. */
  readonly kind: "function" | "custom";
  readonly id: string;
  readonly name: string;
  /** As the model wrote it: never parsed and written again on the way through. */
  readonly arguments: string;
  readonly signature?: Signature;
}

export interface ToolResultPart extends PartBase {
  readonly type: "tool-result";
  readonly toolCallId: string;
  readonly name?: string;
  readonly content: readonly Part[];
  readonly isError?: boolean;
}

export interface ReasoningPart extends PartBase {
  readonly type: "reasoning";
  /** Empty where the provider hides the text and sends only a signature or an encrypted payload. */
  readonly text: string;
  /** The text is a summary the provider wrote, not the reasoning itself. */
  readonly summary?: boolean;
  readonly signature?: Signature;
  /** Payload of a redacted block; `value` goes back to its issuer as it came. */
  readonly encrypted?: Signature;
  readonly id?: string;
}

export interface RefusalPart extends PartBase {
  readonly type: "refusal";
  readonly text: string;
}

/** A block only its own dialect understands (server tools, containers, …): replayed there, left out elsewhere. */
export interface OpaquePart extends PartBase {
  readonly type: "opaque";
  readonly dialect: string;
  readonly value: unknown;
  /** It is an image that the model made, which some other dialects have a place for. */
  readonly image?: MediaSource;
}

export type Part =
  | TextPart
  | ImagePart
  | AudioPart
  | FilePart
  | ToolCallPart
  | ToolResultPart
  | ReasoningPart
  | RefusalPart
  | OpaquePart;

/** A source the answer points to. `start` and `end` are UTF-16 offsets into the choice's whole text. */
export interface Citation {
  readonly url?: string;
  readonly title?: string;
  readonly citedText?: string;
  readonly start?: number;
  readonly end?: number;
  /** The provider's own form, for the dialect that wrote it. */
  readonly raw?: { readonly dialect: string; readonly value: unknown };
}

export type Role = "system" | "developer" | "user" | "assistant" | "tool";

/**
 * One turn. Tool results always stand in a `tool` message of their own, in call order, whatever the source dialect
 * wraps them in; an `assistant` message keeps text, reasoning and tool calls in the order the model made them.
 */
export interface Message {
  readonly role: Role;
  readonly parts: readonly Part[];
  readonly name?: string;
  readonly extras?: Extras;
}

/** Joins the text parts of a message or of a tool result. */
export const textOf = (parts: readonly Part[]): string => {
  let text = "";
  for (const part of parts) if (part.type === "text") text += part.text;
  return text;
};
