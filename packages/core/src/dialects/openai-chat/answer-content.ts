import { arrayIn, isObject, stringIn } from "../fields.ts";

/** A piece of an assistant's `content`, which may be far from the string it should be. */
export interface ContentPiece {
  readonly type: "text" | "reasoning";
  readonly text: string;
}

/** Whether a client of this dialect can read it: it expects a text, or nothing. */
export const isOwnContent = (content: unknown): boolean => typeof content !== "object" || content === null;

/** Reads `content` of an assistant's message or delta: null, a string, a list of parts, or JSON mode's object itself. */
export const readContent = (content: unknown): readonly ContentPiece[] => {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  if (Array.isArray(content)) return content.flatMap(readPart);
  return isObject(content) ? [{ type: "text", text: JSON.stringify(content) }] : [];
};

const readPart = (part: unknown): readonly ContentPiece[] => {
  if (typeof part === "string") return readContent(part);
  if (!isObject(part)) return [];
  switch (part["type"]) {
    case "text":
      return readContent(stringIn(part, "text"));
    case "thinking":
      return asReasoning(part["thinking"]);
    case "reasoning":
      return asReasoning(part["summary"] ?? part["text"] ?? part["reasoning"]);
    default:
      return [];
  }
};

/** A text, or a list of parts that hold one each. */
const asReasoning = (value: unknown): readonly ContentPiece[] => {
  if (typeof value === "string") return value === "" ? [] : [{ type: "reasoning", text: value }];
  return arrayIn({ value }, "value")
    .filter(isObject)
    .flatMap((part) => asReasoning(stringIn(part, "text") ?? ""));
};
