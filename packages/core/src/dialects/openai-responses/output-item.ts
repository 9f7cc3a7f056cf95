import type { Json } from "../dialect.ts";
import { arrayIn, isObject, stringIn } from "../fields.ts";
import { blockOf, isPartIndex, rawBlockOf } from "./blocks.ts";

/** What a piece of text in the output is. */
export type TextKind = "text" | "refusal" | "summary" | "raw";

/** One text of an output item and its place. */
export interface StatedText {
  readonly kind: TextKind;
  readonly block: number;
  readonly text: string;
  readonly logprobs?: readonly unknown[];
  readonly annotations: readonly Json[];
}

const kinds: ReadonlyMap<string, TextKind> = new Map([
  ["output_text", "text"],
  ["text", "text"],
  ["refusal", "refusal"],
  ["summary_text", "summary"],
  ["reasoning_text", "raw"],
]);

/** The text that a part states; `undefined` for a part of a kind we do not know. */
export const readPart = (part: Json, item: number, index: number): StatedText | undefined => {
  const kind = kinds.get(stringIn(part, "type") ?? "");
  if (kind === undefined || !isPartIndex(index)) return undefined;
  const logprobs = arrayIn(part, "logprobs");
  return {
    kind,
    block: kind === "raw" ? rawBlockOf(item, index) : blockOf(item, index),
    text: stringIn(part, kind === "refusal" ? "refusal" : "text") ?? "",
    annotations: arrayIn(part, "annotations").filter(isObject),
    ...(logprobs.length === 0 ? {} : { logprobs }),
  };
};

/** All texts of a message or a reasoning item, in order: of reasoning the summary first. */
export const textsOf = (item: Json, index: number): readonly StatedText[] => {
  const parts = item["type"] === "reasoning" ? ["summary", "content"] : item["type"] === "message" ? ["content"] : [];
  return parts.flatMap((field) =>
    arrayIn(item, field).flatMap((part, at) => (isObject(part) ? (readPart(part, index, at) ?? []) : [])),
  );
};

/** A tool call in the output. */
export interface OutputCall {
  readonly kind: "function" | "custom";
  readonly callId: string | undefined;
  readonly name: string;
  readonly arguments: string;
}

/** The call an item is; `undefined` for items of other types. */
export const readCall = (item: Json): OutputCall | undefined => {
  const kind = { function_call: "function" as const, custom_tool_call: "custom" as const }[String(item["type"])];
  if (kind === undefined) return undefined;
  return {
    kind,
    callId: stringIn(item, "call_id") || stringIn(item, "id") || undefined,
    name: stringIn(item, "name") ?? "",
    arguments: stringIn(item, kind === "custom" ? "input" : "arguments") ?? "",
  };
};
