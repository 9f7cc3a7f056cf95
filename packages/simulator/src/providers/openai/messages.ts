import { asArray, isRecord, type JsonRecord } from "../../json.ts";
import type { Block, Turn } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";

/** The part types each role may send. */
const partTypes: Readonly<Record<string, readonly string[]>> = {
  system: ["text"],
  developer: ["text"],
  user: ["text", "image_url", "input_audio", "file"],
  assistant: ["text", "refusal"],
  tool: ["text"],
  function: ["text"],
};

const textOfPart = (part: JsonRecord, role: string, at: string): string => {
  const type = part["type"];
  if (typeof type !== "string" || partTypes[role]?.includes(type) !== true) {
    return refuse(
      `Invalid value: ${JSON.stringify(type ?? null)} is not a content part of role '${role}'.`,
      `${at}.type`,
    );
  }
  if (type !== "text" && type !== "refusal") {
    return isRecord(part[type]) ? "" : refuse(`Missing required parameter: '${at}.${type}'.`, `${at}.${type}`);
  }
  const text = part[type];
  return typeof text === "string" ? text : refuse(`Missing required parameter: '${at}.${type}'.`, `${at}.${type}`);
};

/** Text and number of attachments of a content field. */
const readContent = (content: unknown, role: string, at: string): { text: string; attachments: number } => {
  if (typeof content === "string") return { text: content, attachments: 0 };
  if (!Array.isArray(content))
    return refuse(`Invalid type for '${at}': expected a string or an array.`, at, "invalid_type");
  if (content.length === 0) return refuse(`Invalid '${at}': empty array.`, at, "empty_array");
  const texts = content.map((part: unknown, index) =>
    isRecord(part)
      ? textOfPart(part, role, `${at}[${index}]`)
      : refuse(`Invalid type for '${at}[${index}]'.`, `${at}[${index}]`),
  );
  const isText = (part: unknown): boolean => isRecord(part) && (part["type"] === "text" || part["type"] === "refusal");
  return { text: texts.join("\n"), attachments: content.filter((part) => !isText(part)).length };
};

interface OpenCall {
  readonly id: string;
  readonly name: string;
}

const readToolCalls = (message: JsonRecord, at: string): readonly OpenCall[] =>
  asArray(message["tool_calls"]).map((call, index) => {
    const here = `${at}.tool_calls[${index}]`;
    if (!isRecord(call) || typeof call["id"] !== "string")
      return refuse(`Missing required parameter: '${here}.id'.`, `${here}.id`);
    const type = call["type"];
    const inner = type === "function" || type === "custom" ? call[type] : undefined;
    if (!isRecord(inner) || typeof inner["name"] !== "string") return refuse(`Invalid tool call: '${here}'.`, here);
    const text = type === "function" ? inner["arguments"] : inner["input"];
    if (typeof text !== "string")
      return refuse(`Invalid type for '${here}': arguments have to be a string.`, here, "invalid_type");
    return { id: call["id"], name: inner["name"] };
  });

/** What the messages of a request come to. */
export interface ReadMessages {
  readonly turns: readonly Turn[];
  readonly blocks: readonly Block[];
}

/**
 * Reads and checks the messages: roles, parts, and that every tool call is answered before the talk goes on.
 *
 * @throws Refusal at the first message that is wrong.
 */
export const readMessages = (messages: unknown): ReadMessages => {
  if (!Array.isArray(messages))
    return refuse("Missing required parameter: 'messages'.", "messages", "missing_required_parameter");
  if (messages.length === 0) return refuse("Invalid 'messages': empty array.", "messages", "empty_array");
  const turns: Turn[] = [];
  let open: readonly OpenCall[] = [];

  const checkAnswered = (at: string): void => {
    if (open.length === 0) return;
    const ids = open.map((call) => call.id).join(", ");
    refuse(
      `An assistant message with 'tool_calls' must be followed by tool messages for each 'tool_call_id'. Missing: ${ids}`,
      at,
    );
  };

  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`;
    if (!isRecord(message)) return refuse(`Invalid type for '${at}': expected an object.`, at, "invalid_type");
    const role = message["role"];
    if (typeof role !== "string" || !Object.hasOwn(partTypes, role)) {
      return refuse(`Invalid value for '${at}.role': ${JSON.stringify(role ?? null)}.`, `${at}.role`);
    }
    const calls = role === "assistant" ? readToolCalls(message, at) : [];
    const mayBeSilent =
      role === "assistant" &&
      ["tool_calls", "function_call", "refusal", "audio"].some((name) => (message[name] ?? null) !== null);
    const content = message["content"] ?? null;
    const { text, attachments } =
      content === null && mayBeSilent ? { text: "", attachments: 0 } : readContent(content, role, `${at}.content`);

    if (role === "tool") {
      const call = open.find(({ id }) => id === message["tool_call_id"]);
      if (call === undefined) {
        return refuse(
          `Messages with role 'tool' must answer a preceding message with 'tool_calls': '${at}.tool_call_id'.`,
          at,
        );
      }
      open = open.filter((candidate) => candidate !== call);
      turns.push({ role: "user", text: "", attachments: 0, results: [{ tool: call.name, text }] });
      continue;
    }
    checkAnswered(at);
    open = calls;
    const spoken = role === "developer" ? "system" : role;
    if (spoken === "function")
      turns.push({ role: "user", text: "", attachments: 0, results: [{ tool: String(message["name"]), text }] });
    else
      turns.push({
        role: spoken === "system" || spoken === "assistant" ? spoken : "user",
        text,
        attachments,
        results: [],
      });
  }
  checkAnswered("messages");
  return { turns, blocks: messages.map(blockOf) };
};

/** Attachments are counted by number, not by the length of their bytes. */
const blockOf = (message: unknown): Block => {
  const content = isRecord(message) ? message["content"] : undefined;
  const parts = asArray(content).filter(isRecord);
  const texts = typeof content === "string" ? [content] : parts.map((part) => String(part["text"] ?? ""));
  const calls = isRecord(message) && message["tool_calls"] !== undefined ? [JSON.stringify(message["tool_calls"])] : [];
  return {
    text: [...texts, ...calls].join("\n"),
    attachments: parts.filter((part) => part["type"] !== "text" && part["type"] !== "refusal").length,
  };
};
