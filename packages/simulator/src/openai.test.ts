import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { chat, chatPath, post, readEvents, readJsonEvents, type Body } from "../test/client.ts";
import { startSimulator, type Simulator } from "./simulator.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

// Answers are looked into freely here; each expectation is the check.
// oxlint-disable-next-line typescript/no-explicit-any
const ask = async (body: unknown): Promise<any> => (await post(simulator, chatPath, body)).json();

const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Tells the weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

describe("through the official SDK", () => {
  const client = (): OpenAI => new OpenAI({ apiKey: "any", baseURL: `${simulator.url}/openai/v1`, maxRetries: 0 });

  test("a whole answer", async () => {
    const answer = await client().chat.completions.create({
      model: "gpt-4o",
      messages: [{ role: "user", content: 'Say "alpha beta"' }],
    });
    expect(answer.choices[0]?.message.content).toBe("alpha beta");
    expect(answer.usage?.total_tokens).toBe(
      (answer.usage?.prompt_tokens ?? 0) + (answer.usage?.completion_tokens ?? 0),
    );
    expect(answer).toHaveProperty("_request_id", expect.stringMatching(/^req_/u));
  });

  test("a stream that adds up to the whole answer", async () => {
    const question = { model: "gpt-4o", messages: [{ role: "user" as const, content: "Why is the sky blue?" }] };
    const whole = await client().chat.completions.create(question);
    const runner = client().chat.completions.stream({ ...question, stream_options: { include_usage: true } });
    const streamed = await runner.finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(streamed.usage).toEqual(whole.usage);
    expect(streamed.id).toBe(whole.id);
  });

  test("a tool loop that runs to its end", async () => {
    const runner = client().chat.completions.runTools({
      model: "gpt-4o",
      messages: [{ role: "user", content: "What is the weather in Paris and Rome?" }],
      tools: [
        {
          type: "function",
          function: {
            ...weather.function,
            parse: JSON.parse,
            function: ({ city }: { city: string }) => `${city}: 21°C`,
          },
        },
      ],
      stream: true,
    });
    const text = await runner.finalContent();
    expect(text).toContain("Paris: 21°C");
    expect(text).toContain("Rome: 21°C");
    expect(simulator.requests).toHaveLength(2);
  });

  test("errors as the SDK's own classes", async () => {
    const create = (model: string) =>
      client().chat.completions.create({ model, messages: [{ role: "user", content: "x" }] });
    await expect(create("fault:429")).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    await expect(create("fault:401")).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(create("fault:503")).rejects.toMatchObject({ status: 503 });
  });

  test("the list of models", async () => {
    const names = (await client().models.list()).data.map((model) => model.id);
    expect(names).toContain("gpt-4o");
  });
});

describe("answers", () => {
  test("are the same for the same request, whatever the order of its keys", async () => {
    const first = await ask({ model: "gpt-4o", messages: [{ role: "user", content: "Tell me about rivers" }] });
    const second = await ask({ messages: [{ content: "Tell me about rivers", role: "user" }], model: "gpt-4o" });
    expect(second).toEqual(first);
    const other = await ask(chat("Tell me about mountains"));
    expect(other.id).not.toBe(first.id);
    expect(first.choices[0].message.content).toContain("rivers");
  });

  test("stop at the token limit and say so", async () => {
    const answer = await ask(chat("Count to 100", { max_completion_tokens: 5 }));
    expect(answer.choices[0]).toMatchObject({ finish_reason: "length" });
    expect(answer.usage.completion_tokens).toBe(5);
  });

  test("stop before a stop sequence", async () => {
    const answer = await ask(chat("Count to 10", { stop: ["4", ", 6"] }));
    expect(answer.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "1, 2, 3, " } });
  });

  test("come in as many choices as were asked for, interleaved in a stream", async () => {
    const answer = await ask(chat("Explain rain", { n: 3 }));
    expect(answer.choices.map((choice: Body) => choice["index"])).toEqual([0, 1, 2]);
    const streamed = await (await post(simulator, chatPath, chat("Explain rain", { n: 3, stream: true }))).text();
    const chunks = readJsonEvents(streamed).map((event) => event.choices[0]);
    expect(chunks.slice(0, 6).map((choice) => choice.index)).toEqual([0, 1, 2, 0, 1, 2]);
    for (const index of [0, 1, 2]) {
      const text = chunks.filter((choice) => choice.index === index).map((choice) => choice.delta.content ?? "");
      expect(text.join("")).toBe(answer.choices[index].message.content);
    }
  });

  test("report the repeated part of a long prompt as cached", async () => {
    const long = { role: "system", content: "A rule that fills the prompt. ".repeat(400) };
    const asked = (words: string): Body => ({ model: "gpt-4o", messages: [long, { role: "user", content: words }] });
    expect((await ask(asked("one"))).usage.prompt_tokens_details.cached_tokens).toBe(0);
    const { prompt_tokens: total, prompt_tokens_details: details } = (await ask(asked("two"))).usage;
    expect(details.cached_tokens % 128).toBe(0);
    expect(details.cached_tokens).toBeGreaterThan(1024);
    expect(details.cached_tokens).toBeLessThan(total);
  });

  test("count thoughts where an effort is asked for, and show them for models named after it", async () => {
    const hidden = await ask(chat("Why?", { model: "gpt-5", reasoning_effort: "high" }));
    expect(hidden.usage.completion_tokens_details.reasoning_tokens).toBeGreaterThan(0);
    expect(hidden.choices[0].message).not.toHaveProperty("reasoning_content");
    const shown = await ask(chat("Why?", { model: "deep-reasoner" }));
    expect(shown.choices[0].message.reasoning_content).toContain("The user wants");
  });

  test("are JSON that fits the schema", async () => {
    const schema = {
      type: "object",
      properties: { city: { type: "string" }, rating: { type: "integer", minimum: 4, maximum: 5 } },
      required: ["city", "rating"],
      additionalProperties: false,
    };
    const format = { type: "json_schema", json_schema: { name: "place", strict: true, schema } };
    const answer = await ask(chat("How would you rate Lisbon?", { response_format: format }));
    expect(JSON.parse(answer.choices[0].message.content)).toEqual({ city: "Lisbon", rating: 4 });
    const object = await ask(chat("Answer in JSON", { response_format: { type: "json_object" } }));
    expect(JSON.parse(object.choices[0].message.content)).toHaveProperty("answer");
  });

  test("carry probabilities of their tokens when asked", async () => {
    const answer = await ask(chat('Say "one two"', { logprobs: true, top_logprobs: 2 }));
    const { content } = answer.choices[0].logprobs;
    expect(content.map((item: Body) => item["token"]).join("")).toBe("one two");
    expect(content[0].top_logprobs).toHaveLength(2);
  });
});

describe("tools", () => {
  test("are called when the user speaks of what they are for, with several cities in parallel", async () => {
    const answer = await ask(chat("weather in Paris and Rome please", { tools: [weather] }));
    expect(answer.choices[0]).toMatchObject({ finish_reason: "tool_calls", message: { content: null } });
    const calls = answer.choices[0].message.tool_calls;
    expect(calls.map((call: { function: { arguments: string } }) => JSON.parse(call.function.arguments))).toEqual([
      { city: "Paris" },
      { city: "Rome" },
    ]);
    expect(calls[0].id).toMatch(/^call_[A-Za-z0-9]{24}$/u);
    const alone = await ask(chat("weather in Paris and Rome please", { tools: [weather], parallel_tool_calls: false }));
    expect(alone.choices[0].message.tool_calls).toHaveLength(1);
  });

  test("are left alone when nothing asks for them, or the choice is none", async () => {
    expect((await ask(chat("Good morning", { tools: [weather] }))).choices[0].message).not.toHaveProperty("tool_calls");
    const refused = await ask(chat("weather?", { tools: [weather], tool_choice: "none" }));
    expect(refused.choices[0].finish_reason).toBe("stop");
  });

  test("are called when the choice forces it; a named one ends with stop", async () => {
    const required = await ask(chat("Good morning", { tools: [weather], tool_choice: "required" }));
    expect(required.choices[0].finish_reason).toBe("tool_calls");
    const named = { type: "function", function: { name: "get_weather" } };
    const forced = await ask(chat("Good morning", { tools: [weather], tool_choice: named }));
    expect(forced.choices[0].finish_reason).toBe("stop");
    expect(forced.choices[0].message.tool_calls).toHaveLength(1);
  });

  test("are cut off by the token limit with arguments that are not whole", async () => {
    const limits = { tools: [weather], tool_choice: "required", max_tokens: 4 };
    const { finish_reason: reason, message } = (await ask(chat("Weather in Paris", limits))).choices[0];
    expect(reason).toBe("length");
    expect(() => JSON.parse(message.tool_calls[0].function.arguments)).toThrow(SyntaxError);
  });

  test("of the older kind are answered in the older form", async () => {
    const answer = await ask(chat("weather in Oslo", { functions: [weather.function] }));
    expect(answer.choices[0]).toMatchObject({
      finish_reason: "function_call",
      message: { function_call: { name: "get_weather", arguments: '{"city":"Oslo"}' } },
    });
  });
});

describe("streams", () => {
  test("start with the role, end with the finish, usage when asked, and [DONE]", async () => {
    const body = chat("Hello there", { stream: true, stream_options: { include_usage: true } });
    const response = await post(simulator, chatPath, body);
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/u);
    const text = await response.text();
    expect(readEvents(text).at(-1)?.data).toBe("[DONE]");
    const chunks = readJsonEvents(text);
    expect(chunks[0].choices[0].delta).toEqual({ role: "assistant", content: "", refusal: null });
    expect(chunks.at(-2)).toMatchObject({ choices: [{ delta: {}, finish_reason: "stop" }], usage: null });
    expect(chunks.at(-1).choices).toEqual([]);
    expect(chunks.at(-1).usage.prompt_tokens).toBeGreaterThan(0);
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
  });

  test("say nothing of usage when it was not asked for", async () => {
    const text = await (await post(simulator, chatPath, chat("Hello", { stream: true }))).text();
    expect(text).not.toContain('"usage"');
  });

  test("send a call as a head and pieces of its arguments", async () => {
    const text = await (
      await post(simulator, chatPath, chat("weather in Paris", { tools: [weather], stream: true }))
    ).text();
    const calls = readJsonEvents(text).flatMap((chunk) => chunk.choices[0].delta.tool_calls ?? []);
    expect(calls[0]).toMatchObject({ index: 0, type: "function", function: { name: "get_weather", arguments: "" } });
    expect(calls.length).toBeGreaterThan(2);
    expect(calls.slice(1).every((call) => call.id === undefined)).toBe(true);
    expect(calls.map((call) => call.function.arguments).join("")).toBe('{"city":"Paris"}');
  });
});

describe("requests that are refused", () => {
  const toolCall = { id: "c1", type: "function", function: { name: "get_weather", arguments: "{}" } };
  const user = { role: "user", content: "x" };

  test.each<[string, unknown, string | null]>([
    ["not JSON", "{nope", null],
    ["no model", { messages: [user] }, "model"],
    ["no messages", { model: "gpt-4o" }, "messages"],
    ["empty messages", { model: "gpt-4o", messages: [] }, "messages"],
    ["an unknown role", chat("x", { messages: [{ role: "robot", content: "x" }] }), "messages[0].role"],
    ["no content", chat("x", { messages: [{ role: "user" }] }), "messages[0].content"],
    [
      "an image from the system",
      chat("x", { messages: [{ role: "system", content: [{ type: "image_url" }] }] }),
      "messages[0].content[0].type",
    ],
    [
      "a stray tool result",
      chat("x", { messages: [user, { role: "tool", tool_call_id: "c1", content: "x" }] }),
      "messages[1]",
    ],
    [
      "an unanswered call",
      chat("x", { messages: [user, { role: "assistant", tool_calls: [toolCall] }, user] }),
      "messages[2]",
    ],
    ["a temperature out of range", chat("x", { temperature: 3 }), "temperature"],
    ["too many stop sequences", chat("x", { stop: ["a", "b", "c", "d", "e"] }), "stop"],
    ["no choices", chat("x", { n: 0 }), "n"],
    ["both token limits", chat("x", { max_tokens: 1, max_completion_tokens: 1 }), "max_tokens"],
    ["the old token limit for a newer model", chat("x", { model: "gpt-5-mini", max_tokens: 9 }), "max_tokens"],
    ["sampling for a thinking model", chat("x", { model: "o3", temperature: 0.2 }), "temperature"],
    ["stream options without a stream", chat("x", { stream_options: {} }), "stream_options"],
    ["a choice without tools", chat("x", { tool_choice: "required" }), "tool_choice"],
    [
      "a tool with a bad name",
      chat("x", { tools: [{ type: "function", function: { name: "a b" } }] }),
      "tools[0].function.name",
    ],
    [
      "a strict schema that is open",
      chat("x", { tools: [{ type: "function", function: { ...weather.function, strict: true } }] }),
      "tools[0].function.parameters",
    ],
    ["JSON mode without the word", chat("x", { response_format: { type: "json_object" } }), "messages"],
    ["an unknown effort", chat("x", { reasoning_effort: "huge" }), "reasoning_effort"],
    ["an unknown field", chat("x", { thinking: {} }), "thinking"],
  ])("%s", async (_, body, param) => {
    const response = await post(simulator, chatPath, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { type: "invalid_request_error", param, message: expect.any(String) },
    });
  });

  test("nested too deeply", async () => {
    const deep = `{"model":"gpt-4o","messages":[{"role":"user","content":"x"}],"metadata":${"[".repeat(5_000)}${"]".repeat(5_000)}}`;
    expect((await post(simulator, chatPath, deep)).status).toBe(400);
  });

  test("no key", async () => {
    const response = await post(simulator, chatPath, chat("x"), { authorization: "" });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error" } });
  });

  test("but plain /v1, which stands for compatible servers, takes fields of others", async () => {
    const response = await post(
      simulator,
      "/v1/chat/completions",
      chat("x", { model: "gpt-5", thinking: {}, max_tokens: 50 }),
    );
    expect(response.status).toBe(200);
  });
});
