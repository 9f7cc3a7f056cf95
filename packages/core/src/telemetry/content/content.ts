import type { Span } from "@opentelemetry/api";

/**
 * Sees the content of every traced inference when it is over, whether or not it is captured. Its answer says what is
 * captured: other content instead (a list it leaves out is left out), nothing for `null`, and the same for `undefined`.
 *
 * The span ends when this returns: attributes, such as where content was uploaded, can only be added to it before. Where
 * this returns a promise it has taken the content over, and nothing is captured; nor is it where this fails. Failures
 * are logged and reach nobody.
 *
 * It sees the whole request, but of a long answer only about the first `maxContentBytes` characters.
 */
export type OnContent = (span: Span, content: Content) => Content | null | undefined | void | Promise<void>;

/** What was said in one inference, in the words of the GenAI conventions; lists with nothing in them are left out. */
export interface Content {
  /** What the conversation begins with from the operator: its leading system and developer messages. */
  readonly system?: readonly ContentPart[];
  /** The rest of the conversation, as the provider was sent it. */
  readonly input?: readonly ContentMessage[];
  /** One message for each choice, as the provider wrote it. */
  readonly output?: readonly OutputMessage[];
  /** The tools the model was offered. */
  readonly tools?: readonly ContentTool[];
}

export interface ContentMessage {
  readonly role: string;
  readonly name?: string;
  readonly parts: readonly ContentPart[];
}

export interface OutputMessage extends ContentMessage {
  /** `error` where the choice did not come to its end. */
  readonly finish_reason: "stop" | "length" | "tool_call" | "content_filter" | "error";
}

export type ContentPart =
  | { readonly type: "text" | "reasoning" | "refusal"; readonly content: string }
  | ToolCallContent
  | ToolResponseContent
  | MediaContent
  /** A block that only its own dialect understands: named, but not shown. */
  | { readonly type: "opaque"; readonly dialect: string };

export interface ToolCallContent {
  readonly type: "tool_call";
  readonly id: string;
  readonly name: string;
  /** Parsed; the model's own text where that is long, or no JSON. */
  readonly arguments: unknown;
}

export interface ToolResponseContent {
  readonly type: "tool_call_response";
  readonly id: string;
  readonly response: string | readonly ContentPart[];
}

/** An image, a sound or a file: by reference, or how many bytes of it were sent along. */
export type MediaContent = {
  readonly modality: "image" | "audio" | "video" | "document";
  readonly mime_type?: string;
} & (
  | { readonly type: "blob"; readonly bytes: number }
  | { readonly type: "uri"; readonly uri: string }
  | { readonly type: "file"; readonly file_id: string }
);

export interface ContentTool {
  readonly type: string;
  readonly name: string;
  readonly description?: string;
  /** A JSON Schema. */
  readonly parameters?: unknown;
}
