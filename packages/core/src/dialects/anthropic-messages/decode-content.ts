import type { CacheHint, MediaSource, Part } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import {
  invalidValue,
  isObject,
  present,
  readArray,
  readBoolean,
  readObject,
  readString,
  required,
  restOf,
} from "../fields.ts";
import { decodeCitation } from "./citations.ts";
import { dialectId } from "./identity.ts";
import { decodeRedacted, decodeThinking, type CallSignatures } from "./thinking-blocks.ts";

/** Content as a client wrote it, a text or a list of blocks, as parts. */
export const decodeContent = (content: unknown, param: string): Part[] => {
  if (typeof content === "string") return [{ type: "text", text: content }];
  if (!Array.isArray(content)) throw invalidValue(param, "a string or an array of content blocks", content);
  const signatures: CallSignatures = new Map();
  const parts: Part[] = [];
  content.forEach((block: unknown, index) => {
    const place = `${param}[${index}]`;
    if (!isObject(block)) throw invalidValue(place, "a content block", block);
    const part = decodeBlock(block, place, signatures);
    if (part !== undefined) parts.push(part);
  });
  return parts;
};

/** `cache_control`, wherever it stands. */
export const decodeCacheHint = (value: unknown, param: string): CacheHint | undefined => {
  const control = readObject(value, param);
  return control && present({ ttl: readString(control["ttl"], `${param}.ttl`) });
};

/** `undefined` for a block that says nothing by itself. */
const decodeBlock = (block: Json, param: string, signatures: CallSignatures): Part | undefined => {
  const field = (name: string): string => `${param}.${name}`;
  const text = (name: string): string => required(readString(block[name], field(name)), field(name), "a string");
  const rest = (...names: string[]) => ({
    cacheHint: decodeCacheHint(block["cache_control"], field("cache_control")),
    extras: restOf(block, new Set(["type", "cache_control", ...names])),
  });
  const opaque: Part = { type: "opaque", dialect: dialectId, value: block };

  switch (text("type")) {
    case "text":
      return present({
        type: "text" as const,
        text: text("text"),
        citations: readArray(block["citations"], field("citations"))
          ?.filter(isObject)
          .map((one) => decodeCitation(one)),
        ...rest("text", "citations"),
      });
    case "image": {
      const source = decodeSource(block["source"], field("source"));
      return source ? present({ type: "image" as const, source, ...rest("source") }) : opaque;
    }
    case "document": {
      const source = decodeSource(block["source"], field("source"));
      const citations = readObject(block["citations"], field("citations"));
      return source === undefined
        ? opaque
        : present({
            type: "file" as const,
            source,
            title: readString(block["title"], field("title")),
            context: readString(block["context"], field("context")),
            citations: readBoolean(citations?.["enabled"], field("citations.enabled")),
            ...rest("source", "title", "context", "citations"),
          });
    }
    case "tool_use": {
      const id = text("id");
      return present({
        type: "tool-call" as const,
        kind: "function" as const,
        id,
        name: text("name"),
        arguments: JSON.stringify(readObject(block["input"], field("input")) ?? {}),
        signature: signatures.get(id),
        ...rest("id", "name", "input"),
      });
    }
    case "tool_result":
      return present({
        type: "tool-result" as const,
        toolCallId: text("tool_use_id"),
        content: isAbsent(block["content"]) ? [] : decodeContent(block["content"], field("content")),
        isError: readBoolean(block["is_error"], field("is_error")),
        ...rest("tool_use_id", "content", "is_error"),
      });
    case "thinking": {
      const signature = readString(block["signature"], field("signature")) ?? "";
      return present({ ...decodeThinking(text("thinking"), signature), ...rest("thinking", "signature") });
    }
    case "redacted_thinking": {
      const part = decodeRedacted(text("data"), signatures);
      return part && present({ ...part, ...rest("data") });
    }
    default:
      return opaque;
  }
};

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

/** `undefined` for a kind of source that only Anthropic has. */
const decodeSource = (value: unknown, param: string): MediaSource | undefined => {
  const source = required(readObject(value, param), param, "an object");
  const text = (name: string): string =>
    required(readString(source[name], `${param}.${name}`), `${param}.${name}`, "a string");
  switch (source["type"]) {
    case "base64":
      return { type: "base64", mediaType: text("media_type"), data: text("data") };
    case "url":
      return { type: "url", url: text("url") };
    case "file":
      return { type: "file-id", fileId: text("file_id") };
    case "text":
      return present({
        type: "text" as const,
        text: text("data"),
        mediaType: readString(source["media_type"], `${param}.media_type`),
      });
    default:
      return undefined;
  }
};
