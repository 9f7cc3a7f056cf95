import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { chat, ollamaPath, post, type Body } from "../test/client.ts";
import { startSimulator, type Simulator } from "./simulator.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ paceMs: 0 });
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

const send = (body: Body, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  post(simulator, ollamaPath, body, headers);

// Answers are looked into freely here; each expectation is the check.
// oxlint-disable-next-line typescript/no-explicit-any
const ask = async (words: string, fields: Body = {}): Promise<any> =>
  (await send(chat(words, { model: "llama3.2", stream: false, ...fields }))).json();

// oxlint-disable-next-line typescript/no-explicit-any
const linesOf = (text: string): readonly any[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

// oxlint-disable-next-line typescript/no-explicit-any
const stream = async (words: string, fields: Body = {}): Promise<readonly any[]> =>
  linesOf(await (await send(chat(words, { model: "llama3.2", ...fields }))).text());

const weather = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

describe("answers", () => {
  test("have a message, counts and a reason to end, without a key", async () => {
    const response = await fetch(simulator.url + ollamaPath, {
      method: "POST",
      body: JSON.stringify(chat('Say "alpha"', { stream: false })),
    });
    expect(await response.json()).toMatchObject({
      model: "gpt-4o",
      message: { role: "assistant", content: "alpha" },
      done: true,
      done_reason: "stop",
      eval_count: 1,
    });
  });

  test("come as lines unless that is not wanted, and say the same", async () => {
    const response = await send(chat("Count to 9", { model: "llama3.2" }));
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = linesOf(await response.text());
    const whole = await ask("Count to 9");
    expect(lines.map(({ message }) => message.content).join("")).toBe(whole.message.content);
    expect(lines.filter(({ done }) => done)).toEqual([lines.at(-1)]);
    expect(lines.at(-1)).toMatchObject({
      done_reason: "stop",
      prompt_eval_count: whole.prompt_eval_count,
      eval_count: whole.eval_count,
    });
  });

  test("call tools with objects, each call whole", async () => {
    const tools = [weather];
    const lines = await stream("What is the weather in Paris and Rome?", { tools });
    const calls = lines.flatMap(({ message }) => message.tool_calls ?? []);
    expect(calls).toMatchObject([
      { function: { index: 0, name: "get_weather", arguments: { city: "Paris" } } },
      { function: { index: 1, name: "get_weather", arguments: { city: "Rome" } } },
    ]);
    expect(lines.at(-1).done_reason).toBe("stop");
    const answer = await ask("", {
      tools,
      messages: [
        { role: "user", content: "What is the weather in Paris?" },
        { role: "assistant", content: "", tool_calls: calls },
        { role: "tool", tool_name: "get_weather", content: "12 degrees" },
      ],
    });
    expect(answer.message.content).toContain("12 degrees");
  });

  test("think when asked, are held to a schema, and end at limits", async () => {
    expect((await ask("Why?", { think: true })).message.thinking).not.toBe("");
    expect((await ask("Why?", { model: "gpt-oss", think: "high" })).message.thinking).not.toBe("");
    expect((await ask("Why?", { think: false })).message).not.toHaveProperty("thinking");
    const format = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    expect(JSON.parse((await ask("Where is Lisbon?", { format })).message.content)).toEqual({ city: "Lisbon" });
    expect(JSON.parse((await ask("Where?", { format: "json" })).message.content)).toHaveProperty("answer");
    expect((await ask("Count to 50", { options: { num_predict: 4 } })).done_reason).toBe("length");
    expect((await ask("Count to 9", { options: { stop: ["4"] } })).message.content).toBe("1, 2, 3, ");
  });
});

describe("requests", () => {
  const user = { role: "user", content: "Hi" };
  test.each([
    [{ model: "" }, "model is required"],
    [{ messages: [] }, "messages are required"],
    [{ messages: [{ role: "developer", content: "x" }] }, "invalid role: developer"],
    [{ messages: [{ role: "user", content: [{ type: "text", text: "x" }] }] }, "must be a string"],
    [{ messages: [{ ...user, images: ["data:image/png;base64,aW1n"] }] }, "illegal base64 data"],
    [{ messages: [{ ...user, images: ["https://example.com/a.png"] }] }, "illegal base64 data"],
    [
      { messages: [user, { role: "assistant", tool_calls: [{ function: { name: "f", arguments: "{}" } }] }] },
      "arguments must be an object",
    ],
    [{ think: "huge" }, "invalid think value"],
    [{ format: "xml" }, "invalid format"],
    [{ options: { temperature: "hot" } }, 'option "temperature"'],
    [{ options: { stop: [1] } }, 'option "stop"'],
    [{ tools: [{ name: "f" }] }, "a function with a name"],
  ])("%j are refused", async (fields, error) => {
    const response = await send(chat("x", fields));
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: expect.stringContaining(error) });
  });

  test("with images are taken, and with fields it does not know", async () => {
    expect((await ask("", { messages: [{ ...user, images: ["aW1n"] }], aBeta: 1 })).done).toBe(true);
  });
});

describe("faults", () => {
  const fault = async (name: string, fields: Body = {}): Promise<Response> =>
    send(chat("Explain rain", fields), { "x-simulator-fault": name });

  test("are told in words, before a stream and inside it", async () => {
    const before = await fault("429?retry-after=2");
    expect([before.status, before.headers.get("retry-after")]).toEqual([429, "2"]);
    expect(await before.json()).toEqual({ error: "too many requests" });
    const lines = linesOf(await (await fault("error-mid-stream")).text());
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.at(-1)).toEqual({ error: expect.stringContaining("server busy") });
  });

  test("may cost the stream its last line", async () => {
    const lines = linesOf(await (await fault("no-terminal-marker")).text());
    expect(lines.every(({ done }) => done === false)).toBe(true);
  });
});

test("models are listed", async () => {
  const response = await fetch(`${simulator.url}/ollama/api/tags`);
  expect(await response.json()).toMatchObject({ models: [{ name: "llama3.2" }, {}, {}] });
});
