import { describe, expect, test } from "vitest";
import { chatCall, converseAnswer } from "./answers.ts";
import { createWorld, type Tree } from "./world.ts";

const claude = "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const older = "bedrock/us.anthropic.claude-3-7-sonnet-20250219-v1:0";
const nova = "bedrock/amazon.nova-pro-v1:0";
const hint = (ttl?: string): object => ({
  cache_control: { type: "ephemeral", ...(ttl === undefined ? {} : { ttl }) },
});
const text = (value: string, more: object = {}): object => ({ type: "text", text: value, ...more });

const write = async (
  model: string,
  body: object,
): Promise<{ readonly sent: Tree; readonly dropped: readonly string[] }> => {
  const { messages, sent } = createWorld(converseAnswer([{ text: "Hi" }]));
  const { status, dropped } = await messages({ model, max_tokens: 9, ...body });
  expect(status).toBe(200);
  return { sent: sent(), dropped };
};

describe("Bedrock", () => {
  const cached = {
    system: [text("Be kind.", hint())],
    tools: [{ name: "look", input_schema: { type: "object" }, ...hint("1h") }],
    messages: [{ role: "user", content: [text("One", hint()), text("Two")] }],
  };
  const point = { cachePoint: { type: "default" } };

  test("Q79: has cache points of their own behind what is cached, which last where the model lets them", async () => {
    const { sent, dropped } = await write(claude, cached);
    expect(sent.system).toEqual([{ text: "Be kind." }, point]);
    expect(sent.toolConfig.tools.slice(1)).toEqual([{ cachePoint: { type: "default", ttl: "1h" } }]);
    expect(sent.messages[0].content).toEqual([{ text: "One" }, point, { text: "Two" }]);
    expect(dropped).toEqual([]);
  });

  test("Q79: has them for as long as an older model keeps them, and not where another takes none", async () => {
    const old = await write(older, cached);
    expect(old.sent.toolConfig.tools[1]).toEqual(point);
    expect(old.dropped).toEqual(["cache_control.ttl"]);
    const { sent, dropped } = await write(nova, cached);
    expect(sent.toolConfig.tools).toHaveLength(1);
    expect(sent.messages[0].content).toContainEqual(point);
    expect(dropped).toEqual(["cache_control"]);
  });

  test.each([
    [claude, { additionalModelRequestFields: { top_k: 5 } }, []],
    [nova, { additionalModelRequestFields: { inferenceConfig: { topK: 5 } } }, []],
    ["bedrock/meta.llama3-3-70b-instruct-v1:0", {}, ["top_k"]],
  ])("Q80: samples from the first few where %s has a place for that", async (model, written, named) => {
    const { sent, dropped } = await write(model, { top_k: 5 });
    expect(sent).toMatchObject(written);
    expect(dropped).toEqual(named);
  });

  test("Q83: is given back thoughts without a text as a text that is empty, and redacted ones as they came", async () => {
    const thinking = [
      { type: "thinking", thinking: "", signature: "c2ln" },
      { type: "redacted_thinking", data: "cmVk" },
      { type: "tool_use", id: "t1", name: "look", input: {} },
    ];
    const { sent } = await write(claude, {
      max_tokens: 3000,
      thinking: { type: "enabled", budget_tokens: 2000 },
      tools: cached.tools,
      messages: [
        { role: "user", content: "Look." },
        { role: "assistant", content: thinking },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "Seen." }] },
      ],
    });
    expect(sent.messages[1].content).toMatchObject([
      { reasoningContent: { reasoningText: { text: "", signature: "c2ln" } } },
      { reasoningContent: { redactedContent: "cmVk" } },
      { toolUse: { toolUseId: "t1" } },
    ]);
  });

  test("Q89: is not sent a call whose arguments are two objects, as nobody knows which call they are", async () => {
    const { chat, transport } = createWorld(converseAnswer([{ text: "Hi" }]));
    const messages = [
      { role: "user", content: "Look." },
      { role: "assistant", content: null, tool_calls: [chatCall("t1", "look", '{"a":1}{"a":2}')] },
      { role: "tool", tool_call_id: "t1", content: "Seen." },
    ];
    const { status, body } = await chat({ model: nova, messages });
    expect([status, transport.requests.length]).toEqual([400, 0]);
    expect(body.error.message).toContain('"t1"');
  });
});
