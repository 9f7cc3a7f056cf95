import { describe, expect, it } from "vitest";
import {
  assistant,
  call,
  claude,
  encode,
  messages,
  nova,
  refusal,
  result,
  text,
  user,
} from "../../../test/converse-request.ts";
import type { Message, Part } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";

describe("turns", () => {
  it("puts system prompts apart, merges neighbours, and begins with the user", () => {
    const list: Message[] = [
      { role: "system", parts: [text("Be kind.")] },
      { role: "developer", parts: [text("Be brief.")] },
      assistant(text("Hello")),
      user(text("a")),
      { role: "system", parts: [text("Now sing.")] },
      user(text("  "), text("b")),
    ];
    const { body } = encode({ messages: list });
    expect(body["system"]).toEqual([{ text: "Be kind." }, { text: "Be brief." }]);
    expect(body["messages"]).toEqual([
      { role: "user", content: [{ text: "(The conversation continues.)" }] },
      { role: "assistant", content: [{ text: "Hello" }] },
      { role: "user", content: [{ text: "a" }, { text: "<system>\nNow sing.\n</system>" }, { text: "b" }] },
    ]);
  });

  it("puts all results of a turn into the user turn after it, first", () => {
    expect(
      messages([
        user(text("Hi")),
        assistant(call("a", '{"x":1}'), call("b", "")),
        result("a", text("one")),
        { role: "tool", parts: [{ type: "tool-result", toolCallId: "b", content: [text("")], isError: true }] },
        user(text("and?")),
      ]),
    ).toEqual([
      { role: "user", content: [{ text: "Hi" }] },
      {
        role: "assistant",
        content: [
          { toolUse: { toolUseId: "a", name: "look", input: { x: 1 } } },
          { toolUse: { toolUseId: "b", name: "look", input: {} } },
        ],
      },
      {
        role: "user",
        content: [
          { toolResult: { toolUseId: "a", content: [{ text: "one" }] } },
          { toolResult: { toolUseId: "b", content: [], status: "error" } },
          { text: "and?" },
        ],
      },
    ]);
  });

  it("puts text before the calls of its turn and leaves reasoning between them", () => {
    const signed = (value: string): Part => ({
      type: "reasoning",
      text: value,
      signature: { format: "anthropic-claude-v1", value: `s${value}` },
    });
    const turn = messages([
      user(text("Hi")),
      assistant(signed("1"), call("a"), signed("2"), call("b"), text("wait")),
      result("a"),
      result("b"),
    ]) as { content: Json[] }[];
    expect(turn[1]?.content.map((block) => Object.keys(block)[0])).toEqual([
      "reasoningContent",
      "text",
      "toolUse",
      "reasoningContent",
      "toolUse",
    ]);
  });

  it("gives calls legal ids of at most 64 letters, each its own, and their results the same", () => {
    const long = "x".repeat(70);
    const turns = messages([
      user(text("Hi")),
      assistant(call(long), call("a.b")),
      result(long),
      result("a.b"),
      assistant(call("a.b")),
      result("a.b"),
    ]) as { content: { toolUse?: Json; toolResult?: Json }[] }[];
    const ids = turns.flatMap(({ content }) => content.flatMap(({ toolUse }) => toolUse?.["toolUseId"] ?? []));
    const answered = turns.flatMap(({ content }) => content.flatMap((block) => block.toolResult?.["toolUseId"] ?? []));
    expect(new Set(ids).size).toBe(3);
    expect(ids.every((id) => /^[a-zA-Z0-9_-]{1,64}$/.test(String(id)))).toBe(true);
    expect(answered).toEqual(ids);
  });

  it.each([
    ["a call without a result", [user(text("Hi")), assistant(call("a"))], "has no result"],
    ["a result without a call", [user(text("Hi")), result("a")], "answers no tool call"],
    ["arguments that are no object", [user(text("Hi")), assistant(call("a", "[1]")), result("a")], "JSON object"],
    ["arguments that are no JSON", [user(text("Hi")), assistant(call("a", "{")), result("a")], "JSON object"],
    ["nothing at all", [user(text(" "))], "at least one user message"],
  ])("refuses %s in words that say so", (_, list, words) => {
    const error = refusal({ messages: list });
    expect([error.code, error.status]).toEqual(["invalid_value", 400]);
    expect(error.message).toContain(words);
  });

  it("sends reasoning back to the family that signed it and to nobody else", () => {
    const list = (format: string): readonly Message[] => [
      user(text("Hi")),
      assistant(
        { type: "reasoning", text: "", signature: { format, value: "s" } },
        { type: "reasoning", text: "", encrypted: { format, value: "r" } },
        { type: "reasoning", text: "unsigned" },
        text("Hello"),
      ),
      user(text("?")),
    ];
    const reasoning = [
      { reasoningContent: { reasoningText: { text: "", signature: "s" } } },
      { reasoningContent: { redactedContent: "r" } },
    ];
    const sentTo = (model: string, format: string): unknown =>
      (messages(list(format), model) as Json[])[1]?.["content"];
    expect(sentTo(claude, "anthropic-claude-v1")).toEqual([...reasoning, { text: "Hello" }]);
    expect(sentTo("us.deepseek.r1-v1:0", "bedrock-deepseek-v1")).toEqual([...reasoning, { text: "Hello" }]);
    expect(sentTo(claude, "google-gemini-v1")).toEqual([{ text: "Hello" }]);
    expect(sentTo(nova, "anthropic-claude-v1")).toEqual([{ text: "Hello" }]);
    expect(sentTo(nova, "bedrock-deepseek-v1")).toEqual([{ text: "Hello" }]);
  });

  it("takes calls of tools that Bedrock ran for none of the client's", () => {
    const own = (value: Json): Part => ({ type: "opaque", dialect: "bedrock-converse", value });
    const use = { toolUse: { type: "server_tool_use", toolUseId: "s", name: "g", input: {} } };
    const ran = { toolResult: { type: "g_result", toolUseId: "s", content: [] } };
    expect(messages([user(text("Hi")), assistant(own(use), own(ran)), user(text("?"))])).toMatchObject([
      { role: "user" },
      { role: "assistant", content: [use, ran] },
      { role: "user" },
    ]);
  });

  it("keeps blocks and tools that only this dialect has, and leaves out those of others", () => {
    const opaque = (dialect: string): Part => ({ type: "opaque", dialect, value: { guardContent: { text: {} } } });
    const systemTool = { type: "opaque", dialect: "bedrock-converse", value: { systemTool: { name: "g" } } } as const;
    const { body } = encode({
      messages: [user(opaque("bedrock-converse"), opaque("gemini"), text("Hi"))],
      tools: [systemTool],
    });
    expect(body["messages"]).toEqual([{ role: "user", content: [{ guardContent: { text: {} } }, { text: "Hi" }] }]);
    expect(body["toolConfig"]).toEqual({ tools: [{ systemTool: { name: "g" } }] });
  });
});
