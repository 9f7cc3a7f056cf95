import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { chat, coherePath, post, readEvents, readJsonEvents, type Body } from "../test/client.ts";
import { startSimulator, type Simulator } from "./simulator.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

const send = (body: Body, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  post(simulator, coherePath, body, headers);

const command = { model: "command-a-03-2025" };

// Answers are looked into freely here; each expectation is the check.
// oxlint-disable-next-line typescript/no-explicit-any
const ask = async (words: string, fields: Body = {}): Promise<any> =>
  (await send(chat(words, { ...command, ...fields }))).json();

const streamText = async (words: string, fields: Body = {}): Promise<string> =>
  (await send(chat(words, { ...command, stream: true, ...fields }))).text();

const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Tells the weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};
const question = "What is the weather in Paris and Rome?";

describe("answers", () => {
  test("have a message, a reason to end, and two ways of counting", async () => {
    const answer = await ask('Say "alpha"');
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/u),
      message: { role: "assistant", content: [{ type: "text", text: "alpha" }] },
      finish_reason: "COMPLETE",
      usage: { tokens: { output_tokens: 1 }, cached_tokens: 0 },
    });
    const { tokens, billed_units: billed } = answer.usage;
    expect(billed.input_tokens).toBeLessThan(tokens.input_tokens);
  });

  test("plan before they call tools, and use the results", async () => {
    const tools = [weather];
    const { message, finish_reason } = await ask(question, { tools });
    expect(finish_reason).toBe("TOOL_CALL");
    expect(message).not.toHaveProperty("content");
    expect(message.tool_plan).toContain("look that up");
    expect(message.tool_calls).toMatchObject([
      { id: expect.stringMatching(/^get_weather_/u), function: { arguments: '{"city":"Paris"}' } },
      { function: { arguments: '{"city":"Rome"}' } },
    ]);
    const results = message.tool_calls.map(({ id }: Body) => ({ role: "tool", tool_call_id: id, content: "21°C" }));
    const answer = await ask("", {
      tools,
      messages: [{ role: "user", content: question }, message, ...results],
    });
    expect(answer.message.content[0].text).toContain("21°C");
  });

  test("think when the model does, unless that is not wanted", async () => {
    const model = "command-a-reasoning-08-2025";
    const { message, usage } = await ask("Why?", { model });
    expect(message.content).toMatchObject([{ type: "thinking" }, { type: "text" }]);
    expect(usage.tokens.reasoning_tokens).toBeGreaterThan(0);
    const quick = await ask("Why?", { model, thinking: { type: "disabled" } });
    expect(quick.message.content).toHaveLength(1);
  });

  test("are held to a schema, to limits and to a choice", async () => {
    const json_schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    const place = await ask("Where is Lisbon?", { response_format: { type: "json_object", json_schema } });
    expect(JSON.parse(place.message.content[0].text)).toEqual({ city: "Lisbon" });
    expect((await ask("Count to 50", { max_tokens: 4 })).finish_reason).toBe("MAX_TOKENS");
    const stopped = await ask("Count to 9", { stop_sequences: ["4"] });
    expect(stopped.finish_reason).toBe("STOP_SEQUENCE");
    expect(stopped.message.content[0].text).toBe("1, 2, 3, ");
    expect((await ask("Hello", { tools: [weather], tool_choice: "REQUIRED" })).message.tool_calls).toHaveLength(1);
    expect((await ask(question, { tools: [weather], tool_choice: "NONE" })).message.content).toHaveLength(1);
  });

  test("report probabilities", async () => {
    const { logprobs } = await ask('Say "a b"', { logprobs: true });
    expect(logprobs).toMatchObject([{ text: "a" }, { text: " b" }]);
  });
});

describe("streams", () => {
  test("have things where a whole answer has lists, and add up to it", async () => {
    const text = await streamText("Why is the sky blue?", { model: "command-a-reasoning-08-2025" });
    const events = readJsonEvents(text);
    const whole = await ask("Why is the sky blue?", { model: "command-a-reasoning-08-2025" });
    const said = (type: string): string =>
      events.flatMap(({ delta }) => delta?.message?.content?.[type] ?? []).join("");
    expect(said("thinking")).toBe(whole.message.content[0].thinking);
    expect(said("text")).toBe(whole.message.content[1].text);
    expect(events[0]).toMatchObject({ type: "message-start", id: whole.id });
    expect(events.at(-1).delta).toEqual({ finish_reason: "COMPLETE", usage: whole.usage });
    expect(readEvents(text).map(({ name }) => name)).toEqual([...events.map(({ type }) => type), undefined]);
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  test("tell the plan, then each call from its start to its end", async () => {
    const events = readJsonEvents(await streamText(question, { tools: [weather] }));
    const whole = await ask(question, { tools: [weather] });
    const plan = events.flatMap(({ delta }) => delta?.message?.tool_plan || []).join("");
    expect(plan).toBe(whole.message.tool_plan);
    const calls = events.filter(({ type }) => type.startsWith("tool-call"));
    const pieces = calls.filter(({ index }) => index === 1);
    expect(pieces[0]).toMatchObject({
      type: "tool-call-start",
      delta: { message: { tool_calls: { id: whole.message.tool_calls[1].id, function: { name: "get_weather" } } } },
    });
    expect(pieces.flatMap(({ delta }) => delta?.message.tool_calls.function.arguments ?? []).join("")).toBe(
      whole.message.tool_calls[1].function.arguments,
    );
    expect(pieces.at(-1)).toEqual({ type: "tool-call-end", index: 1 });
  });
});

describe("requests that are refused", () => {
  const user = { role: "user", content: "x" };
  const called = {
    role: "assistant",
    tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
  };
  test.each<[Body, number, string]>([
    [{ model: "" }, 400, "model is required"],
    [{ messages: [] }, 400, "messages"],
    [{ messages: [{ role: "developer", content: "x" }] }, 400, "role"],
    [{ messages: [{ role: "user", content: [{ type: "file" }] }] }, 400, "'file' is not valid"],
    [{ messages: [user, called] }, 400, "'a' has no tool result"],
    [{ messages: [user, { role: "tool", tool_call_id: "b", content: "x" }] }, 400, "'b' not found"],
    [{ n: 2 }, 422, "unknown field: parameter 'n'"],
    [{ tools: [{ type: "function", function: { name: "f", strict: true } }] }, 422, "parameter 'strict'"],
    [{ tools: [{ type: "function", function: { name: "f", parameters: {} } }] }, 400, "type 'object'"],
    [{ tool_choice: "REQUIRED" }, 400, "needs tools"],
    [{ tools: [weather], tool_choice: "auto" }, 400, "REQUIRED or NONE"],
    [{ tools: [weather], response_format: { type: "json_object" } }, 400, "together with tools"],
    [{ p: 1 }, 400, "p must be"],
    [{ temperature: 2 }, 400, "temperature must be"],
    [{ stop_sequences: ["1", "2", "3", "4", "5", "6"] }, 400, "at most 5"],
    [{ thinking: true }, 400, "thinking.type"],
  ])("%j", async (fields, status, message) => {
    const response = await send(chat("x", { ...command, ...fields }));
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ id: expect.any(String), message: expect.stringContaining(message) });
  });

  test("for want of a key", async () => {
    expect((await send(chat("x"), { authorization: "" })).status).toBe(401);
  });
});

describe("faults", () => {
  test("are told in words, and inside a stream by the way it ends", async () => {
    const long = await send(chat("x", command), { "x-simulator-fault": "context-length" });
    expect(await long.json()).toMatchObject({ error_type: "TOO_MANY_TOKENS" });
    const broken = await send(chat("Explain rain", { ...command, stream: true }), {
      "x-simulator-fault": "error-mid-stream",
    });
    expect(readJsonEvents(await broken.text()).at(-1)).toMatchObject({
      type: "message-end",
      delta: { finish_reason: "ERROR", error: expect.stringContaining("overloaded") },
    });
  });
});

test("models are listed", async () => {
  const response = await fetch(`${simulator.url}/cohere/v1/models`, { headers: { authorization: "Bearer k" } });
  expect(await response.json()).toMatchObject({ models: [{ name: "command-a-03-2025" }, {}] });
});
