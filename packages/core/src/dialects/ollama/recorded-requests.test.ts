import { describe, expect, it } from "vitest";
import { allRecordings, present as isHere } from "../../../test/recordings/fixtures.ts";
import type { Message, Part } from "../../chat/message.ts";
import type { ChatRequest, FunctionTool } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn, present, stringIn } from "../fields.ts";
import { ollama } from "./ollama.ts";

const recorded = allRecordings.flatMap(({ dir, dialect, request }) =>
  dialect === "ollama-chat" && request !== undefined && dir.startsWith("ollama/api-chat-")
    ? [[dir, request.body] as const]
    : [],
);

const roles = { system: "system", user: "user", assistant: "assistant", tool: "tool" } as const;

/** A recorded message in the vocabulary. Ids were not sent, so calls are numbered and results answer them in order. */
const toMessages = (list: readonly Json[]): Message[] => {
  let calls = 0;
  let results = 0;
  return list.map((message) => {
    const role = Object.values(roles).find((each) => each === message["role"]) ?? "user";
    const text: Part = { type: "text", text: stringIn(message, "content") ?? "" };
    if (role === "tool") {
      return { role, parts: [{ type: "tool-result", toolCallId: `c${results++}`, content: [text] }] };
    }
    const made = arrayIn(message, "tool_calls").map((call): Part => {
      const called = objectIn(isObject(call) ? call : {}, "function") ?? {};
      const name = stringIn(called, "name") ?? "";
      return {
        type: "tool-call",
        kind: "function",
        id: `c${calls++}`,
        name,
        arguments: JSON.stringify(called["arguments"]),
      };
    });
    return { role, parts: [text, ...made] };
  });
};

const toRequest = (body: Json): ChatRequest => {
  const { temperature, seed, num_predict: maxOutputTokens } = objectIn(body, "options") ?? {};
  const tools = arrayIn(body, "tools").map((tool) => ({ type: "function", ...objectIn(tool as Json, "function") }));
  const schema = objectIn(body, "format");
  // The recordings hold what the types say; the comparison would show it if they did not.
  return present({
    dialect: "openai-chat",
    model: "any",
    stream: body["stream"] === true,
    messages: toMessages(arrayIn(body, "messages").filter(isObject)),
    tools: tools.length === 0 ? undefined : (tools as unknown as FunctionTool[]),
    temperature,
    seed,
    maxOutputTokens,
    outputFormat: schema === undefined ? undefined : { type: "json-schema", schema },
    reasoning: typeof body["think"] === "boolean" ? { enabled: body["think"] } : undefined,
  }) as ChatRequest;
};

/** Without what recorders leave empty and what older clients do not send. */
const plain = ({ truncate: _truncate, shift: _shift, ...body }: Json): unknown =>
  JSON.parse(
    JSON.stringify(body, (name, value: unknown) => {
      if (name === "id" || name === "tool_call_id") return undefined;
      if (name === "tools" && Array.isArray(value) && value.length === 0) return undefined;
      return name === "options" && isObject(value) && Object.keys(value).length === 0 ? undefined : value;
    }),
  );

describe.skipIf(!isHere)("recorded requests (skipped where the recordings are absent)", () => {
  it("are all there", () => expect(recorded).toHaveLength(10));

  it.each(recorded)("%s is what would be written", (_name, body) => {
    const model = stringIn(body, "model") ?? "";
    const encoded = ollama.encodeRequest(toRequest(body), { provider: "acme", model, quirks: {} });
    expect(encoded.dropped).toEqual([]);
    expect(plain(JSON.parse(String(encoded.body)) as Json)).toEqual(plain(body));
  });
});
