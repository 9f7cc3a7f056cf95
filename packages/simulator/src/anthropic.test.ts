import Anthropic from "@anthropic-ai/sdk";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { messages, messagesPath, post, readEvents, readJsonEvents, type Body } from "../test/client.ts";
import { startSimulator, type Simulator } from "./simulator.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

// Answers are looked into freely here; each expectation is the check.
// oxlint-disable-next-line typescript/no-explicit-any
const ask = async (body: unknown, headers = {}): Promise<any> =>
  (await post(simulator, messagesPath, body, headers)).json();

const weather = {
  name: "get_weather",
  description: "Tells the weather",
  input_schema: { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"] },
};
const thinking = { type: "enabled", budget_tokens: 1024 };
const user = { role: "user", content: "x" };

describe("through the official SDK", () => {
  const client = (): Anthropic =>
    new Anthropic({ apiKey: "any", baseURL: `${simulator.url}/anthropic`, maxRetries: 0 });
  const question = { model: "claude-haiku-4-5", max_tokens: 1_000 } as const;

  test("a whole answer", async () => {
    const answer = await client().messages.create({
      ...question,
      messages: [{ role: "user", content: 'Say "alpha"' }],
    });
    expect(answer.content).toEqual([{ type: "text", text: "alpha" }]);
    expect(answer.stop_reason).toBe("end_turn");
  });

  test("a stream that adds up to the whole answer", async () => {
    const body = { ...question, messages: [{ role: "user" as const, content: "Why is the sky blue?" }] };
    const whole = await client().messages.create(body);
    const streamed = await client().messages.stream(body).finalMessage();
    expect(streamed.content).toEqual(whole.content);
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens);
    expect(streamed.id).toBe(whole.id);
  });

  test("a tool call whose streamed input is whole again, and its result", async () => {
    const asked = { role: "user" as const, content: "What is the weather in Paris?" };
    const called = await client()
      .messages.stream({ ...question, tools: [weather], messages: [asked] })
      .finalMessage();
    expect(called.stop_reason).toBe("tool_use");
    expect(called.content).toMatchObject([{ type: "text" }, { type: "tool_use", input: { city: "Paris" } }]);
    const id = called.content[1]?.type === "tool_use" ? called.content[1].id : "";
    const result = {
      role: "user" as const,
      content: [{ type: "tool_result" as const, tool_use_id: id, content: "21°C" }],
    };
    const answer = await client().messages.create({
      ...question,
      tools: [weather],
      messages: [asked, { role: "assistant", content: called.content }, result],
    });
    expect(answer.content).toEqual([{ type: "text", text: "According to get_weather: 21°C" }]);
  });

  test("errors as the SDK's own classes", async () => {
    const create = (model: string) =>
      client().messages.create({ ...question, model, messages: [{ role: "user", content: "x" }] });
    await expect(create("fault:429")).rejects.toBeInstanceOf(Anthropic.RateLimitError);
    await expect(create("fault:401")).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
    await expect(create("fault:529")).rejects.toMatchObject({ status: 529 });
  });

  test("the list of models", async () => {
    const names = (await client().models.list()).data.map((model) => model.id);
    expect(names).toContain("claude-sonnet-4-5");
  });
});

describe("answers", () => {
  test("stop at the token limit or a stop sequence, and say which", async () => {
    expect(await ask(messages("Count to 100", { max_tokens: 6 }))).toMatchObject({
      stop_reason: "max_tokens",
      stop_sequence: null,
      usage: { output_tokens: 6 },
    });
    expect(await ask(messages("Count to 10", { stop_sequences: ["5"] }))).toMatchObject({
      stop_reason: "stop_sequence",
      stop_sequence: "5",
      content: [{ text: "1, 2, 3, 4, " }],
    });
  });

  test("write marked prefixes to the cache, then read them", async () => {
    const system = [
      {
        type: "text",
        text: "A rule that fills the prompt. ".repeat(400),
        cache_control: { type: "ephemeral", ttl: "1h" },
      },
    ];
    const first = (await ask(messages("one", { system }))).usage;
    expect(first.cache_creation.ephemeral_1h_input_tokens).toBe(first.cache_creation_input_tokens);
    expect(first.cache_creation_input_tokens).toBeGreaterThan(1024);
    const second = (await ask(messages("two", { system }))).usage;
    expect(second).toMatchObject({
      cache_read_input_tokens: first.cache_creation_input_tokens,
      cache_creation_input_tokens: 0,
    });
    expect(second.input_tokens).toBeLessThan(100);
  });

  test("are JSON that fits the schema", async () => {
    const schema = {
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
      additionalProperties: false,
    };
    const answer = await ask(
      messages("Where is Lisbon?", { output_config: { format: { type: "json_schema", schema } } }),
    );
    expect(JSON.parse(answer.content[0].text)).toEqual({ city: "Lisbon" });
  });

  test("count the tokens of a prompt as the answer reports them", async () => {
    const body = messages("How many tokens are these?");
    const counted = await (
      await post(simulator, `${messagesPath}/count_tokens`, { model: body["model"], messages: body["messages"] })
    ).json();
    expect(counted).toEqual({ input_tokens: (await ask(body)).usage.input_tokens });
  });
});

describe("thinking", () => {
  const body = messages("What is the weather in Paris?", { thinking, tools: [weather] });
  const replay = (content: unknown): Body => ({
    ...body,
    messages: [
      { role: "user", content: "What is the weather in Paris?" },
      { role: "assistant", content },
      // oxlint-disable-next-line typescript/no-explicit-any
      { role: "user", content: [{ type: "tool_result", tool_use_id: (content as any[]).at(-1).id, content: "21°C" }] },
    ],
  });

  test("comes first, signed, and is accepted when it is sent back unchanged", async () => {
    const { content, usage } = await ask(body);
    expect(content.map((block: Body) => block["type"])).toEqual(["thinking", "text", "tool_use"]);
    expect(usage.output_tokens_details.thinking_tokens).toBeGreaterThan(0);
    expect((await ask(replay(content))).content.at(-1).text).toContain("21°C");
  });

  test("is refused when its text or signature was altered, or it was left out", async () => {
    const { content } = await ask(body);
    const [thought, ...rest] = content;
    const altered = [{ ...thought, thinking: `${thought.thinking} ` }, ...rest];
    const forged = [{ ...thought, signature: "bm90IG91cnM=" }, ...rest];
    for (const changed of [altered, forged]) {
      expect((await ask(replay(changed))).error.message).toContain("Invalid `signature`");
    }
    expect((await ask(replay(rest))).error.message).toContain("must start with a thinking block");
  });

  test("can be hidden or sealed, and is still accepted", async () => {
    const hidden = await ask({ ...body, thinking: { ...thinking, display: "omitted" } });
    expect(hidden.content[0]).toMatchObject({ type: "thinking", thinking: "" });
    expect((await ask(replay(hidden.content))).type).toBe("message");
    const sealing = "What is the weather in Paris? ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING";
    const sealed = await ask({ ...body, messages: [{ role: "user", content: sealing }] });
    expect(sealed.content[0].type).toBe("redacted_thinking");
    expect((await ask(replay(sealed.content))).type).toBe("message");
  });
});

describe("streams", () => {
  test("have the events of a message with thinking, text and a call, in order", async () => {
    const body = messages("What is the weather in Paris?", { thinking, tools: [weather], stream: true });
    const text = await (await post(simulator, messagesPath, body)).text();
    const events = readJsonEvents(text);
    expect(readEvents(text).map((event) => event.name)).toEqual(events.map((event) => event.type));
    const outline = events.map((event) => event.delta?.type ?? event.type);
    expect(outline.filter((type, index) => type !== outline[index - 1])).toEqual([
      "message_start",
      "content_block_start",
      "ping",
      "thinking_delta",
      "signature_delta",
      "content_block_stop",
      "content_block_start",
      "text_delta",
      "content_block_stop",
      "content_block_start",
      "input_json_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    expect(events[0].message).toMatchObject({ content: [], stop_reason: null, usage: { output_tokens: 1 } });
    expect(events.filter((event) => event.type === "content_block_start").map((event) => event.index)).toEqual([
      0, 1, 2,
    ]);
    expect(events.find((event) => event.delta?.type === "input_json_delta").delta.partial_json).toBe("");
    expect(events.at(-2)).toMatchObject({
      delta: { stop_reason: "tool_use" },
      usage: { output_tokens: expect.any(Number) },
    });
  });

  test("send only the empty piece for a call without arguments", async () => {
    const tool = { name: "ring_bell", input_schema: { type: "object" } };
    const body = messages("ring_bell now", { tools: [tool], tool_choice: { type: "any" }, stream: true });
    const events = readJsonEvents(await (await post(simulator, messagesPath, body)).text());
    const pieces = events
      .filter((event) => event.delta?.type === "input_json_delta")
      .map((event) => event.delta.partial_json);
    expect(pieces).toEqual([""]);
  });
});

describe("requests that are refused", () => {
  const call = { type: "tool_use", id: "toolu_1", name: "get_weather", input: {} };
  const result = { type: "tool_result", tool_use_id: "toolu_1", content: "x" };
  const mark = { cache_control: { type: "ephemeral" } };

  test.each<[string, unknown, string]>([
    ["not JSON", "{nope", "not valid JSON"],
    ["no model", { max_tokens: 5, messages: [user] }, "model"],
    ["no max_tokens", { model: "claude-sonnet-4-5", messages: [user] }, "max_tokens"],
    ["no messages", messages("x", { messages: [] }), "messages"],
    ["an assistant first", messages("x", { messages: [{ role: "assistant", content: "x" }, user] }), "first message"],
    ["a role of another format", messages("x", { messages: [{ role: "tool", content: "x" }] }), "messages.0.role"],
    ["empty content", messages("x", { messages: [{ role: "user", content: "" }] }), "non-empty content"],
    [
      "an empty text block",
      messages("x", { messages: [{ role: "user", content: [{ type: "text", text: "" }] }] }),
      "must be non-empty",
    ],
    [
      "only whitespace",
      messages("x", { messages: [{ role: "user", content: [{ type: "text", text: " \n" }] }] }),
      "non-whitespace",
    ],
    [
      "a block of another format",
      messages("x", { messages: [{ role: "user", content: [{ type: "image_url" }] }] }),
      "image_url",
    ],
    [
      "an unanswered call",
      messages("x", { messages: [user, { role: "assistant", content: [call] }, user] }),
      "toolu_1",
    ],
    ["a stray result", messages("x", { messages: [{ role: "user", content: [result] }] }), "toolu_1"],
    [
      "a result after text",
      messages("x", {
        messages: [
          user,
          { role: "assistant", content: [call] },
          { role: "user", content: [{ type: "text", text: "x" }, result] },
        ],
      }),
      "must come first",
    ],
    [
      "prefill for a newer model",
      messages("x", { model: "claude-opus-4-7", messages: [user, { role: "assistant", content: "{" }] }),
      "prefill",
    ],
    ["a budget above max_tokens", messages("x", { thinking: { type: "enabled", budget_tokens: 9_000 } }), "max_tokens"],
    ["a budget for a newer model", messages("x", { model: "claude-opus-4-8", thinking }), "thinking"],
    [
      "forced tools while thinking",
      messages("x", { thinking, tools: [weather], tool_choice: { type: "any" } }),
      "Thinking may not",
    ],
    ["a temperature above one", messages("x", { temperature: 1.5 }), "temperature"],
    ["a temperature for a newer model", messages("x", { model: "claude-sonnet-5", temperature: 0.5 }), "temperature"],
    ["a tool without a schema", messages("x", { tools: [{ name: "a" }] }), "input_schema"],
    [
      "a schema that is open",
      messages("x", { output_config: { format: { type: "json_schema", schema: { type: "object" } } } }),
      "additionalProperties",
    ],
    [
      "five cache markers",
      messages("x", { system: Array.from({ length: 5 }, () => ({ type: "text", text: "x", ...mark })) }),
      "maximum of 4",
    ],
    ["a blank stop sequence", messages("x", { stop_sequences: [" "] }), "stop_sequences"],
    ["an unknown field", messages("x", { n: 2 }), "n: Extra inputs"],
  ])("%s", async (_, body, message) => {
    const response = await post(simulator, messagesPath, body);
    expect(response.status).toBe(400);
    const answer: unknown = await response.json();
    expect(answer).toMatchObject({
      type: "error",
      error: { type: "invalid_request_error" },
      request_id: expect.stringMatching(/^req_/u),
    });
    expect(JSON.stringify(answer)).toContain(message);
  });

  test("no version, or one that does not exist", async () => {
    for (const version of ["", "2020-01-01"]) {
      const answer = await ask(messages("x"), { "anthropic-version": version });
      expect(answer.error.message).toContain("anthropic-version");
    }
  });

  test("sampling under the later version", async () => {
    const answer = await ask(messages("x", { temperature: 1 }), { "anthropic-version": "2026-10-21" });
    expect(answer.error.message).toBe("temperature: Extra inputs are not permitted");
  });

  test("no key; either header will do", async () => {
    const none = { authorization: "" };
    expect((await post(simulator, messagesPath, messages("x"), none)).status).toBe(401);
    expect((await post(simulator, messagesPath, messages("x"), { ...none, "x-api-key": "k" })).status).toBe(200);
  });
});

describe("threads", () => {
  const beta = { "anthropic-beta": "message-threads-2026-08-12" };
  // oxlint-disable-next-line typescript/no-explicit-any
  const send = async (fields: Body, headers: Readonly<Record<string, string>> = beta): Promise<any> =>
    (await post(simulator, messagesPath, messages('Say "alpha"', fields), headers)).json();
  const goOn = (id: unknown, fields: Body = {}): Body => ({
    thread: { type: "continue", previous_message_id: id },
    messages: [{ role: "user", content: "What did I ask?" }],
    ...fields,
  });

  test("hold what was said, with the system prompt and the tools they began with", async () => {
    const first = await send({ thread: { type: "create" }, system: "Be brief. ".repeat(50) });
    const second = await send(goOn(first.id));
    expect(second.usage.input_tokens).toBeGreaterThan(first.usage.input_tokens);
    expect((await send(goOn(second.id))).type).toBe("message");
  });

  test("go on once from each reply, and only from one that is there", async () => {
    const { id } = await send({ thread: { type: "create" } });
    await send(goOn(id));
    expect((await send(goOn(id))).error.details).toEqual({ error_code: "thread_already_continued" });
    const lost = await post(simulator, messagesPath, messages("x", goOn("msg_0")), beta);
    expect(lost.status).toBe(404);
    expect(await lost.json()).toMatchObject({ error: { details: { error_code: "thread_not_found" } } });
  });

  test("are for those who ask for the beta, and stay as they began", async () => {
    expect((await send({ thread: { type: "create" } }, {})).error.message).toContain("thread: Extra inputs");
    const { id } = await send({ thread: { type: "create" } });
    expect((await send(goOn(id, { system: "Other" }))).error.message).toContain("system: may only be given");
    expect((await send({ thread: { type: "close" } })).error.message).toContain("'create', 'continue'");
  });
});
