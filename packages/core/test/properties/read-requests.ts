import type { Json } from "../recordings/fixtures.ts";
import { isObject, listIn, objectIn } from "../recordings/requests/json.ts";
import type { Saying, Turn } from "./conversation.ts";

// What providers without a front are asked, in the plainest reading; nothing of it is the gateway's.

const textsIn = (content: unknown): readonly Saying[] =>
  typeof content === "string"
    ? content === ""
      ? []
      : [["text", content]]
    : listIn({ content }, "content").map((part) => ["text", String(part["text"])]);

const callsIn = (message: Json): readonly Saying[] =>
  listIn(message, "tool_calls").map((call) => {
    const { name, arguments: given } = objectIn(call, "function");
    return ["call", String(call["id"]), String(name), isObject(given) ? given : JSON.parse(String(given))];
  });

const textOf = (content: unknown): string =>
  textsIn(content)
    .map(([, text]) => String(text))
    .join("");

/** The turns of a request to Cohere, or to Ollama, whose messages are alike. */
const readMessages = (body: Json): readonly Turn[] =>
  listIn(body, "messages").map((message): Turn => {
    const { role, content, tool_call_id: id } = message;
    const sayings: readonly Saying[] =
      role === "tool" ? [["result", String(id), textOf(content)]] : [...textsIn(content), ...callsIn(message)];
    return { role: String(role), sayings };
  });

const sayingsOf = (block: Json): readonly Saying[] => {
  const { text, toolUse, toolResult } = block;
  if (isObject(toolUse)) return [["call", String(toolUse["toolUseId"]), String(toolUse["name"]), toolUse["input"]]];
  if (isObject(toolResult)) return [["result", String(toolResult["toolUseId"]), textOf(toolResult["content"])]];
  return typeof text === "string" ? [["text", text]] : [];
};

/** The turns of a request to Bedrock, whose results stand at the beginning of the user's turn. */
const readConverse = (body: Json): readonly Turn[] => [
  ...listIn(body, "system").map((block): Turn => ({ role: "system", sayings: sayingsOf(block) })),
  ...listIn(body, "messages").flatMap((message): Turn[] => {
    const sayings = listIn(message, "content").flatMap(sayingsOf);
    const results = sayings.filter(([type]) => type === "result");
    const rest = sayings.filter(([type]) => type !== "result");
    return [
      ...(results.length === 0 ? [] : [{ role: "tool", sayings: results }]),
      ...(rest.length === 0 ? [] : [{ role: String(message["role"]), sayings: rest }]),
    ];
  }),
];

/** How the requests to providers of a dialect are read. */
export const requestReaders: Readonly<Record<string, (body: Json) => readonly Turn[]>> = {
  "cohere-v2": readMessages,
  "ollama-chat": readMessages,
  "bedrock-converse": readConverse,
};
