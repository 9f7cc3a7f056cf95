import type { Part, ReasoningPart, ToolResultPart } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { isObject, objectIn, present } from "../fields.ts";
import type { Losses } from "../losses.ts";
import { parseArguments } from "../tool-calls.ts";
import type { ToolIds } from "../tool-ids.ts";
import type { Block, BlockShape, ContentRole } from "../turns.ts";
import { cachePointAfter } from "./cache-points.ts";
import { dialectId } from "./identity.ts";
import { createDocumentNames, encodeMedia, type MediaOptions } from "./media.ts";
import type { ModelTraits } from "./model-traits.ts";

/** Longest name of a tool and longest id of a call. */
export const maxNameLength = 64;

interface ContentOptions extends MediaOptions {
  readonly ids: ToolIds;
  readonly traits: ModelTraits;
}

/** How turns are put together of this dialect's blocks: objects whose one key says what they are. */
export const blockShape = (ids: ToolIds, traits: ModelTraits, losses: Losses): BlockShape => {
  const options = { ids, traits, losses, documentName: createDocumentNames(), audio: traits.audio };
  return {
    encode: (parts, role) => encodeContent(parts, role, options),
    text: (text) => ({ text }),
    callId: (block) => clientsId(objectIn(block, "toolUse")),
    resultId: (block) => clientsId(objectIn(block, "toolResult")),
  };
};

/** The id of a call or result; of those with a type, which are of tools that Bedrock runs, none. */
const clientsId = (use: Json | undefined): unknown => (use?.["type"] === undefined ? use?.["toolUseId"] : undefined);

/** Writes parts as blocks, with a cache point after each that asks for one. Blank texts are refused and left out. */
const encodeContent = (parts: readonly Part[], role: ContentRole, options: ContentOptions): Block[] => {
  const blocks: Block[] = [];
  for (const part of parts) {
    const block = role === "system" ? encodeSystem(part, options) : encodePart(part, role, options);
    if (block === undefined) continue;
    blocks.push(block);
    // Reasoning must not be followed by one.
    if (part.type !== "reasoning") {
      blocks.push(...cachePointAfter(cacheHintOf(part), "prompt", options.traits, options.losses));
    }
  }
  return blocks;
};

/** A result holds no cache points itself: one that is asked for inside it stands behind it. */
const cacheHintOf = (part: Part): Part["cacheHint"] =>
  part.cacheHint ??
  (part.type === "tool-result"
    ? part.content.findLast(({ cacheHint }) => cacheHint !== undefined)?.cacheHint
    : undefined);

const encodeText = (text: string): Block | undefined => (text.trim() === "" ? undefined : { text });

const encodeSystem = (part: Part, { losses }: ContentOptions): Block | undefined => {
  if (part.type === "text") return encodeText(part.text);
  const own = encodeOpaque(part);
  if (own === undefined && part.type !== "opaque") losses.meaning("messages", "its system prompt takes text only");
  return own;
};

const encodePart = (part: Part, role: ContentRole, options: ContentOptions): Block | undefined => {
  const { ids, losses, traits } = options;
  switch (part.type) {
    case "text":
    case "refusal":
      return encodeText(part.text);
    case "reasoning":
      return role === "assistant" ? encodeReasoning(part, traits) : undefined;
    case "tool-call": {
      const toolUseId = ids.call(part.id);
      if (toolUseId === undefined) return undefined;
      return { toolUse: { toolUseId, name: part.name, input: parseArguments(part) } };
    }
    case "tool-result":
      return encodeResult(part, options);
    case "opaque":
      if (part.image !== undefined) losses.tuning("messages[].images");
      return encodeOpaque(part);
    default:
      if (role === "user") return encodeMedia(part, options);
      losses.meaning(part.type, "it takes images and files from the user only");
      return undefined;
  }
};

// A copy, since blocks of the request may be changed later and this one is the client's own.
const encodeOpaque = (part: Part): Block | undefined =>
  part.type === "opaque" && part.dialect === dialectId && isObject(part.value) ? { ...part.value } : undefined;

/** Reasoning goes back only to the family that signed it; what others thought is neither wanted nor to be shown. */
const encodeReasoning = (
  { text, signature, encrypted }: ReasoningPart,
  { signatureFormat }: ModelTraits,
): Block | undefined => {
  if (encrypted?.format === signatureFormat) return { reasoningContent: { redactedContent: encrypted.value } };
  return signature?.format === signatureFormat
    ? { reasoningContent: { reasoningText: { text, signature: signature.value } } }
    : undefined;
};

const encodeResult = ({ toolCallId, content, isError }: ToolResultPart, options: ContentOptions): Block => ({
  toolResult: present({
    toolUseId: options.ids.result(toolCallId),
    content: content.map((part) => encodePart(part, "user", options)).filter((block) => block !== undefined),
    status: isError === undefined ? undefined : isError ? "error" : "success",
  }),
});
