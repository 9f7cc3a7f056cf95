import type { Choice } from "../../chat/collect.ts";
import { textOf, type AudioPart, type FilePart, type ImagePart, type Message, type Part } from "../../chat/message.ts";
import type { ChatRequest, Tool } from "../../chat/request.ts";
import type {
  Content,
  ContentMessage,
  ContentPart,
  ContentTool,
  MediaContent,
  OutputMessage,
  ToolResponseContent,
} from "./content.ts";

/** A request and its answer, in the words of the GenAI conventions. */
export const toContent = (request: ChatRequest, choices: readonly Choice[]): Content => {
  const { messages, tools = [] } = request;
  const firstTurn = messages.findIndex(({ role }) => role !== "system" && role !== "developer");
  const turns = firstTurn === -1 ? messages.length : firstTurn;
  const system = messages.slice(0, turns).flatMap(({ parts }) => parts.map(toPart));
  const input = messages.slice(turns).map(toMessage);
  return {
    ...(system.length === 0 ? {} : { system }),
    ...(input.length === 0 ? {} : { input }),
    ...(choices.length === 0 ? {} : { output: choices.map(toOutput) }),
    ...(tools.length === 0 ? {} : { tools: tools.map(toTool) }),
  };
};

const toMessage = ({ role, name, parts }: Message): ContentMessage => ({
  role,
  ...(name === undefined ? {} : { name }),
  parts: parts.map(toPart),
});

const toOutput = ({ parts, finishReason }: Choice): OutputMessage => ({
  role: "assistant",
  parts: parts.map(toPart),
  finish_reason: finishReason === "tool_calls" ? "tool_call" : finishReason,
});

const toPart = (part: Part): ContentPart => {
  switch (part.type) {
    case "text":
    case "reasoning":
    case "refusal":
      return { type: part.type, content: part.text };
    case "tool-call": {
      const { kind, id, name, arguments: text } = part;
      return { type: "tool_call", id, name, arguments: kind === "function" ? parseLoosely(text) : text };
    }
    case "tool-result":
      return { type: "tool_call_response", id: part.toolCallId, response: toResponse(part.content) };
    case "opaque":
      return { type: "opaque", dialect: part.dialect };
    default:
      return toMedia(part);
  }
};

// What is longer may be nested deeper than can be written again.
const longestParsed = 4096;

const parseLoosely = (text: string): unknown => {
  if (text.length > longestParsed) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const toResponse = (content: readonly Part[]): ToolResponseContent["response"] =>
  content.every(({ type }) => type === "text") ? textOf(content) : content.map(toPart);

const toMedia = ({ type, source }: ImagePart | AudioPart | FilePart): ContentPart => {
  if (source.type === "text") return { type: "text", content: source.text };
  const { mediaType } = source;
  const kind = {
    modality: type === "file" ? modalityOf(mediaType) : type,
    ...(mediaType === undefined ? {} : { mime_type: mediaType }),
  };
  switch (source.type) {
    case "url":
      return { type: "uri", ...kind, uri: source.url };
    case "file-id":
      return { type: "file", ...kind, file_id: source.fileId };
    case "base64":
      return { type: "blob", ...kind, bytes: Buffer.byteLength(source.data, "base64") };
  }
};

const modalityOf = (mediaType: string | undefined): MediaContent["modality"] => {
  const type = mediaType?.split("/")[0];
  return type === "image" || type === "audio" || type === "video" ? type : "document";
};

const toTool = (tool: Tool): ContentTool => {
  if (tool.type === "opaque") return toOpaqueTool(tool.value);
  const { type, name, description } = tool;
  const parameters = tool.type === "function" ? tool.parameters : undefined;
  return {
    type,
    name,
    ...(description === undefined ? {} : { description }),
    ...(parameters === undefined ? {} : { parameters }),
  };
};

/** A tool the provider runs itself: its type, and its name where it has one besides. */
const toOpaqueTool = (value: unknown): ContentTool => {
  const { type, name }: { readonly type?: unknown; readonly name?: unknown } = Object(value);
  const word = typeof type === "string" ? type : "opaque";
  return { type: word, name: typeof name === "string" ? name : word };
};
