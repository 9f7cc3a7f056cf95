import { textOfSource } from "../../chat/media.ts";
import type { FilePart, MediaSource, Part } from "../../chat/message.ts";
import { encodeCacheHint } from "../cache-control.ts";
import { isObject, present } from "../fields.ts";
import type { Losses } from "../losses.ts";
import { whyRefused } from "../media-address.ts";
import { parseArguments } from "../tool-calls.ts";
import type { ToolIds } from "../tool-ids.ts";
import type { Block, BlockShape, ContentRole } from "../turns.ts";
import { encodeCitation } from "./citations.ts";
import { dialectId, signatureFormat } from "./identity.ts";

export interface ContentOptions {
  readonly losses: Losses;
  readonly ids: ToolIds;
  /** The request was written in this dialect, so its extras are this dialect's fields. */
  readonly isOwn: boolean;
  /** The server fetches what is given by its address. */
  readonly fetches: boolean;
}

/** How turns are put together of this dialect's blocks. */
export const blockShape = (options: ContentOptions): BlockShape => ({
  encode: (parts, role) => encodeContent(parts, role, options),
  text: (text) => ({ type: "text", text }),
  callId: (block) => (block["type"] === "tool_use" ? block["id"] : undefined),
  resultId: (block) => (block["type"] === "tool_result" ? block["tool_use_id"] : undefined),
});

/** Writes parts as content blocks. Blank texts are left out: Anthropic refuses them. */
const encodeContent = (parts: readonly Part[], role: ContentRole, options: ContentOptions): Block[] => {
  const blocks: Block[] = [];
  for (const part of parts) {
    const block = encodePart(part, role, options);
    if (block === undefined) continue;
    const extras = options.isOwn ? part.extras : undefined;
    const cacheControl = part.type === "reasoning" ? undefined : encodeCacheHint(part.cacheHint);
    blocks.push({ ...extras, ...block, ...(cacheControl && { cache_control: cacheControl }) });
  }
  return blocks;
};

const encodePart = (part: Part, role: ContentRole, options: ContentOptions): Block | undefined => {
  const { losses, ids } = options;
  switch (part.type) {
    case "text": {
      if (part.text.trim() === "") return undefined;
      const citations = role === "assistant" ? part.citations?.map(encodeCitation).filter(isObject) : undefined;
      return { type: "text", text: part.text, ...(citations !== undefined && citations.length > 0 && { citations }) };
    }
    case "refusal":
      return part.text.trim() === "" ? undefined : { type: "text", text: part.text };
    case "reasoning":
      if (role !== "assistant") return undefined;
      if (part.encrypted?.format === signatureFormat) return { type: "redacted_thinking", data: part.encrypted.value };
      // Reasoning without Claude's signature was somebody else's: neither wanted nor to be shown as text.
      return part.signature?.format === signatureFormat
        ? { type: "thinking", thinking: part.text, signature: part.signature.value }
        : undefined;
    case "tool-call": {
      const id = ids.call(part.id);
      return id === undefined ? undefined : { type: "tool_use", id, name: part.name, input: parseArguments(part) };
    }
    case "tool-result":
      return present({
        type: "tool_result",
        tool_use_id: ids.result(part.toolCallId),
        content: encodeResult(part.content, options),
        is_error: part.isError,
      });
    case "opaque":
      if (part.image !== undefined) losses.tuning("messages[].images");
      // A copy, since blocks of the request may be changed later and this one is the client's own.
      return part.dialect === dialectId && isObject(part.value) ? { ...part.value } : undefined;
    case "audio":
      losses.meaning("input_audio", "it takes no audio");
      return undefined;
    case "image":
    case "file":
      if (role !== "user") {
        losses.meaning(part.type, "it takes images and files from the user only");
        return undefined;
      }
      if (part.source.type === "url" && !options.fetches) {
        losses.meaning(part.type, whyRefused("it takes the bytes only", part.source));
        return undefined;
      }
      if (part.type === "file") return encodeFile(part, losses);
      if (part.detail !== undefined && part.detail !== "auto") losses.tuning("image_url.detail");
      return encodeImage(part.source, losses);
  }
};

const encodeResult = (content: readonly Part[], options: ContentOptions): string | Block[] | undefined => {
  const [first] = content;
  const isPlainText = content.length === 1 && first?.type === "text" && first.cacheHint === undefined;
  if (isPlainText) return first.text;
  const blocks = encodeContent(content, "user", options);
  return blocks.length === 0 ? undefined : blocks;
};

const encodeImage = (source: MediaSource, losses: Losses): Block | undefined => {
  if (source.type !== "text") return { type: "image", source: encodeSource(source) };
  losses.meaning("image", "a text is no image");
  return undefined;
};

const encodeSource = (source: Exclude<MediaSource, { type: "text" }>): Block => {
  switch (source.type) {
    case "url":
      return { type: "url", url: source.url };
    case "file-id":
      return { type: "file", file_id: source.fileId };
    case "base64":
      return { type: "base64", media_type: source.mediaType, data: source.data };
  }
};

const encodeFile = (part: FilePart, losses: Losses): Block | undefined => {
  const { source } = part;
  if (source.mediaType?.startsWith("image/")) return encodeImage(source, losses);
  const document = encodeDocumentSource(source);
  if (document === undefined) {
    losses.meaning("file", `it reads PDF and text files, not ${source.mediaType ?? "this kind"}`);
    return undefined;
  }
  return present({
    type: "document",
    source: document,
    title: part.title ?? part.filename,
    context: part.context,
    citations: part.citations === undefined ? undefined : { enabled: part.citations },
  });
};

const encodeDocumentSource = (source: MediaSource): Block | undefined => {
  const text = textOfSource(source);
  if (text !== undefined) return { type: "text", media_type: "text/plain", data: text };
  if (source.type === "text" || (source.type === "base64" && source.mediaType !== "application/pdf")) return undefined;
  return encodeSource(source);
};
