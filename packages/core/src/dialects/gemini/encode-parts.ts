import type { MediaSource, Part, ReasoningPart, ToolCallPart } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { UpstreamError } from "../../errors.ts";
import { isObject } from "../fields.ts";
import { dialectId } from "./identity.ts";
import { writeSignature } from "./signature.ts";

/** Whether a client is to be told what the model thought: in this dialect only those who ask are. */
export const tellsThoughts = ({ reasoning }: ChatRequest): boolean => reasoning?.exclude === false;

/** Where an answer's parts go, which are texts, so that arguments stay as the model wrote them. */
export interface PartOptions {
  readonly thoughts: boolean;
  /** The answer was cut at its limit: the call that was being written is of no use. */
  readonly wasCut: boolean;
}

/**
 * The JSON of the parts that stand for one part of an answer; none where it is nothing for this client.
 *
 * @throws UpstreamError `upstream_invalid_response` for a call whose arguments are no JSON object.
 */
export const encodePart = (part: Part, { thoughts, wasCut }: PartOptions): readonly string[] => {
  switch (part.type) {
    case "text": {
      const signed = part.signature && { thoughtSignature: writeSignature(part.signature) };
      return part.text === "" && signed === undefined ? [] : [JSON.stringify({ text: part.text, ...signed })];
    }
    case "refusal":
      return part.text === "" ? [] : [JSON.stringify({ text: part.text })];
    case "reasoning":
      return thoughts ? encodeThought(part) : [];
    case "tool-call":
      return encodeCall(part, wasCut);
    case "opaque":
      if (part.dialect === dialectId) return [JSON.stringify(part.value)];
      return part.image === undefined ? [] : encodeImage(part.image);
    default:
      return [];
  }
};

const encodeImage = (source: MediaSource): readonly string[] => {
  if (source.type === "url") return [JSON.stringify({ fileData: { fileUri: source.url } })];
  if (source.type !== "base64") return [];
  return [JSON.stringify({ inlineData: { mimeType: source.mediaType, data: source.data } })];
};

const encodeThought = ({ text, signature, encrypted }: ReasoningPart): readonly string[] => {
  const thought = (content: string, thoughtSignature?: string): string =>
    JSON.stringify({ text: content, thought: true, ...(thoughtSignature === undefined ? {} : { thoughtSignature }) });
  const parts: string[] = [];
  if (text !== "" || signature !== undefined) parts.push(thought(text, signature && writeSignature(signature)));
  if (encrypted !== undefined) parts.push(thought("", writeSignature(encrypted, "encrypted")));
  return parts;
};

const encodeCall = (
  { kind, id, name, arguments: text, signature }: ToolCallPart,
  wasCut: boolean,
): readonly string[] => {
  const args = kind === "custom" ? JSON.stringify({ input: text }) : text.trim() === "" ? "{}" : text;
  if (!isJsonObject(args)) {
    if (wasCut) return [];
    throw new UpstreamError(
      "upstream_invalid_response",
      `The arguments the model wrote for tool ${JSON.stringify(name)} are no JSON object.`,
    );
  }
  const head = JSON.stringify({ id, name }).slice(0, -1);
  const signed = signature === undefined ? "" : `,"thoughtSignature":${JSON.stringify(writeSignature(signature))}`;
  return [`{"functionCall":${head},"args":${args}}${signed}}`];
};

const isJsonObject = (text: string): boolean => {
  try {
    return isObject(JSON.parse(text));
  } catch {
    return false;
  }
};
