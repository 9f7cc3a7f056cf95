import { asArray, isRecord, type JsonRecord } from "../../json.ts";
import type { Block, Turn } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";

/** The part types each role may send. */
const partTypes: Readonly<Record<string, readonly string[]>> = {
  system: ["text"],
  user: ["text", "image_url"],
  assistant: ["text", "thinking"],
  tool: ["text", "document"],
};

interface Content {
  readonly text: string;
  readonly attachments: number;
}

const textOfPart = (part: unknown, role: string, at: string): string => {
  const type = isRecord(part) ? part["type"] : undefined;
  if (!isRecord(part) || typeof type !== "string" || partTypes[role]?.includes(type) !== true) {
    return refuse(`invalid request: ${at}: content of type '${String(type)}' is not valid for role '${role}'`);
  }
  if (type === "document") return JSON.stringify(part["document"] ?? {});
  if (type === "image_url") {
    const image = part["image_url"];
    return isRecord(image) && typeof image["url"] === "string"
      ? ""
      : refuse(`invalid request: ${at}: image_url needs a url`);
  }
  const text = part[type];
  return typeof text === "string" ? text : refuse(`invalid request: ${at}: ${type} must be a string`);
};

const readContent = (content: unknown, role: string, at: string): Content => {
  if (typeof content === "string") return { text: content, attachments: 0 };
  if (!Array.isArray(content)) return refuse(`invalid request: ${at} must be a string or a list`);
  const texts = content.map((part: unknown) => textOfPart(part, role, at));
  const isImage = (part: unknown): boolean => isRecord(part) && part["type"] === "image_url";
  return { text: texts.join("\n"), attachments: content.filter(isImage).length };
};

const readCalls = (message: JsonRecord, at: string): ReadonlyMap<string, string> =>
  new Map(
    asArray(message["tool_calls"]).map((call, index) => {
      const inner = isRecord(call) && call["type"] === "function" ? call["function"] : undefined;
      if (!isRecord(call) || !isRecord(inner) || typeof call["id"] !== "string") {
        return refuse(`invalid request: ${at}.tool_calls[${index}] needs an id and a function`);
      }
      if (typeof inner["name"] !== "string" || typeof inner["arguments"] !== "string") {
        return refuse(`invalid request: ${at}.tool_calls[${index}].function needs name and arguments, both strings`);
      }
      return [call["id"], inner["name"]];
    }),
  );

/** What the messages of a request come to. */
interface ReadMessages {
  readonly turns: readonly Turn[];
  readonly blocks: readonly Block[];
}

/**
 * Reads and checks the messages: roles, parts, and that every tool call is answered before the talk goes on.
 *
 * @throws Refusal at the first message that is wrong.
 */
export const readMessages = (messages: unknown): ReadMessages => {
  if (!Array.isArray(messages) || messages.length === 0) return refuse("invalid request: messages must not be empty");
  const turns: Turn[] = [];
  const blocks: Block[] = [];
  const open = new Map<string, string>();
  const checkAnswered = (): void => {
    const [id] = open.keys();
    if (id !== undefined) refuse(`invalid request: tool call id '${id}' has no tool result`);
  };
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    const role = isRecord(message) ? message["role"] : undefined;
    if (!isRecord(message) || typeof role !== "string" || !Object.hasOwn(partTypes, role)) {
      return refuse(`invalid request: ${at}: role must be one of system, user, assistant, tool`);
    }
    const calls = role === "assistant" ? readCalls(message, at) : new Map<string, string>();
    const given = message["content"] ?? (calls.size > 0 ? "" : undefined);
    const content = readContent(given, role, `${at}.content`);
    const called = calls.size > 0 ? [JSON.stringify(message["tool_calls"])] : [];
    blocks.push({
      text: [content.text, String(message["tool_plan"] ?? ""), ...called].join("\n"),
      attachments: content.attachments,
    });
    if (role === "tool") {
      const id = String(message["tool_call_id"]);
      const tool = open.get(id);
      if (tool === undefined) return refuse(`invalid request: tool call id '${id}' not found in previous tool calls`);
      open.delete(id);
      turns.push({ role: "user", text: "", attachments: 0, results: [{ tool, text: content.text }] });
      continue;
    }
    checkAnswered();
    for (const [id, name] of calls) open.set(id, name);
    turns.push({ ...content, role: role === "system" || role === "assistant" ? role : "user", results: [] });
  }
  checkAnswered();
  return { turns, blocks };
};
