import { textOf, type Part } from "../../src/chat/message.ts";
import type { ChatRequest } from "../../src/chat/request.ts";
import { isObject } from "../../src/dialects/fields.ts";

/** Something in a turn: a text, a picture, a call with its arguments, or what a call gave. */
export type Saying =
  | readonly ["text", text: string]
  | readonly ["image", source: unknown]
  | readonly ["call", id: string, name: string, given: unknown]
  | readonly ["result", id: string, result: unknown];

export interface Turn {
  readonly role: string;
  readonly sayings: readonly Saying[];
}

/** What a tool gave: a text, or the object that it is the JSON of, for which some dialects have a place. */
const resultOf = (given: unknown): unknown => {
  if (typeof given !== "string") return given;
  try {
    const value: unknown = JSON.parse(given);
    return isObject(value) ? value : given;
  } catch {
    return given;
  }
};

/**
 * Turns in a form that can be compared: results may share a message or not, and calls are known by their number, because
 * some dialects have ids of their own.
 */
export const comparable = (turns: readonly Turn[]): unknown => {
  const calls = new Map<string, number>();
  const numberOf = (id: string): number => {
    const number = calls.get(id) ?? calls.size;
    calls.set(id, number);
    return number;
  };
  const numbered = (saying: Saying): unknown => {
    if (saying[0] === "call") return [saying[0], numberOf(saying[1]), saying[2], saying[3]];
    return saying[0] === "result" ? [saying[0], numberOf(saying[1]), resultOf(saying[2])] : saying;
  };
  const joined: { role: string; sayings: unknown[] }[] = [];
  for (const { role, sayings } of turns) {
    const last = joined.at(-1);
    if (role === "tool" && last?.role === role) last.sayings.push(...sayings.map(numbered));
    else joined.push({ role, sayings: sayings.map(numbered) });
  }
  return joined;
};

const sayingOf = (part: Part): Saying => {
  switch (part.type) {
    case "text":
      return ["text", part.text];
    case "image":
      // An address may come back with the kind of picture that its ending says.
      return ["image", part.source.type === "url" ? part.source.url : part.source];
    case "tool-call":
      return ["call", part.id, part.name, JSON.parse(part.arguments)];
    case "tool-result":
      return ["result", part.toolCallId, resultOf(textOf(part.content))];
    default:
      throw new Error(`Nobody says ${part.type}.`);
  }
};

/** What is said, called and answered in a request, in order, and by whom. */
export const conversationOf = ({ messages }: ChatRequest): unknown =>
  comparable(messages.map(({ role, parts }) => ({ role, sayings: parts.map(sayingOf) })));

/** The tools on offer. */
export const toolsOf = ({ tools = [] }: ChatRequest): unknown =>
  tools.map((tool) => (tool.type === "function" ? [tool.name, tool.description, tool.parameters] : tool.type));
