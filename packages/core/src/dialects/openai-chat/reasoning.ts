import type { PlacedPart } from "../../chat/flat-turn.ts";
import type { Part, Signature } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, stringIn } from "../fields.ts";
import { readDetails, type ReadDetails } from "./reasoning-details.ts";

/** The fields in which an assistant message may carry its reasoning. */
export const reasoningFields: readonly string[] = [
  "reasoning_details",
  "thinking_blocks",
  "reasoning_content",
  "reasoning",
];

const noSignatures: ReadonlyMap<string, Signature> = new Map();

/** Reads an assistant message's reasoning. The richest carrier wins: the others repeat it. */
export const readReasoning = (message: Json, callIds: ReadonlySet<string>): ReadDetails => {
  const details = arrayIn(message, "reasoning_details");
  if (details.length > 0) {
    const read = readDetails(details, callIds);
    const hasText = read.parts.some(({ part }) => part.type === "reasoning" && part.text !== "");
    return hasText ? read : { ...read, parts: [...plainReasoning(message), ...read.parts] };
  }
  const blocks = readThinkingBlocks(arrayIn(message, "thinking_blocks"));
  return { parts: blocks.length > 0 ? blocks : plainReasoning(message), signatures: noSignatures };
};

/** Reasoning without proof: one text. */
const plainReasoning = (message: Json): readonly PlacedPart[] => {
  const text = plainReasoningText(message);
  return text === "" ? [] : [{ part: { type: "reasoning", text } }];
};

/** The reasoning text of a message or a delta; some servers write both fields. */
export const plainReasoningText = (message: Json): string =>
  stringIn(message, "reasoning_content") || stringIn(message, "reasoning") || "";

/** `thinking_blocks` are Anthropic's blocks as they are. */
const readThinkingBlocks = (blocks: readonly unknown[]): readonly PlacedPart[] =>
  blocks.filter(isObject).flatMap((block): readonly PlacedPart[] => {
    const proof = (value: string): Signature => ({ format: "anthropic-claude-v1", value });
    if (block["type"] === "redacted_thinking") {
      return [{ part: { type: "reasoning", text: "", encrypted: proof(stringIn(block, "data") ?? "") } }];
    }
    if (block["type"] !== "thinking") return [];
    const text = stringIn(block, "thinking") ?? "";
    const signature = stringIn(block, "signature");
    return [{ part: { type: "reasoning", text, ...(signature === undefined ? {} : { signature: proof(signature) }) } }];
  });

/** What stands between two parts of the reasoning where it is told as one text. */
export const betweenReasoning = "\n\n";

/** All reasoning text of a turn, for clients that show it and know no `reasoning_details`. */
export const reasoningText = (parts: readonly Part[]): string =>
  parts.flatMap((part) => (part.type === "reasoning" && part.text !== "" ? [part.text] : [])).join(betweenReasoning);
