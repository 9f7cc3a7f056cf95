import OpenAI, { APIError } from "openai";
import { describe, expect, test } from "vitest";
import {
  anthropic,
  createGateway,
  defineStage,
  insertBefore,
  mapEvents,
  openai,
  type Gateway,
  type GatewayOptions,
} from "../src/index.ts";
import { silent } from "../src/testing/adapter/start-host.ts";
import { createFakeTransport, type FakeAnswer, type FakeTransport } from "../src/testing/index.ts";
import { chatAnswer, chatStream, messagesAnswer } from "../src/testing/wire.ts";

interface World {
  readonly client: OpenAI;
  readonly gateway: Gateway;
  readonly transport: FakeTransport;
  readonly sent: (index?: number) => Record<string, unknown>;
}

const setUp = (answer: FakeAnswer, options: GatewayOptions = {}): World => {
  const transport = createFakeTransport(() => answer);
  const gateway = createGateway({
    providers: [
      openai({ apiKey: "sk-1", api: "chat" }),
      openai({ id: "native", apiKey: "sk-2", api: "responses" }),
      anthropic({ apiKey: "sk-3" }),
    ],
    authenticate: () => null,
    transport,
    random: () => 0,
    logger: silent,
    ...options,
  });
  const client = new OpenAI({
    apiKey: "none",
    baseURL: "http://gateway/v1",
    fetch: gateway.fetchAs({ id: "ann" }),
    maxRetries: 0,
  });
  const sent = (index = 0): Record<string, unknown> =>
    JSON.parse(Buffer.from(transport.requests[index]?.body ?? "").toString());
  return { client, gateway, transport, sent };
};

const post = (gateway: Gateway, body: string): Promise<Response> =>
  gateway.fetchAs({ id: "ann" })("http://gateway/v1/responses", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });

const chat = "openai/gpt-5-mini";
const native = "native/gpt-5-mini";
const usage = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 2 },
  total_tokens: 15,
};

const message = (text: string): object => ({
  id: "msg_1",
  type: "message",
  status: "completed",
  role: "assistant",
  content: [{ type: "output_text", annotations: [], logprobs: [], text }],
});

const response = (output: readonly object[], more: object = {}): object => ({
  id: "resp_1",
  object: "response",
  created_at: 1_790_000_000,
  status: "completed",
  error: null,
  incomplete_details: null,
  model: "gpt-test-2026",
  output,
  usage,
  ...more,
});

const stream = (...events: readonly (readonly [type: string, data: object])[]): string[] =>
  events.map(
    ([type, data], index) => `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: index, ...data })}\n\n`,
  );

const place = { item_id: "msg_1", output_index: 0, content_index: 0 };
const textStream = (...pieces: readonly string[]): string[] => {
  const text = pieces.join("");
  const part = { type: "output_text", annotations: [], logprobs: [], text };
  return stream(
    ["response.created", { response: response([], { status: "in_progress", usage: null }) }],
    ["response.output_item.added", { output_index: 0, item: { ...message(""), content: [], status: "in_progress" } }],
    ["response.content_part.added", { ...place, part: { ...part, text: "" } }],
    ...pieces.map((delta) => ["response.output_text.delta", { ...place, delta, logprobs: [] }] as const),
    ["response.output_text.done", { ...place, text, logprobs: [] }],
    ["response.content_part.done", { ...place, part }],
    ["response.output_item.done", { output_index: 0, item: message(text) }],
    ["response.completed", { response: response([message(text)]) }],
  );
};

describe("a client of the Responses API", () => {
  test("gets text from a provider of another dialect", async () => {
    const { client, sent } = setUp({ body: chatAnswer("Hello.") });
    const answer = await client.responses.create({ model: chat, instructions: "Be kind.", input: "Hi" });
    expect(answer.output_text).toBe("Hello.");
    expect(answer.status).toBe("completed");
    expect(answer.id).toMatch(/^resp_/);
    expect(answer.instructions).toBe("Be kind.");
    expect(answer.usage).toMatchObject({ input_tokens: 10, output_tokens: 5, total_tokens: 15 });
    expect(sent()["messages"]).toEqual([
      { role: "system", content: "Be kind." },
      { role: "user", content: "Hi" },
    ]);
  });

  test("gets every event of a stream, in order and numbered", async () => {
    const { client } = setUp({ body: chatStream("Hel", "lo.") });
    const types: string[] = [];
    const numbers: number[] = [];
    let text = "";
    let total: number | undefined;
    for await (const event of await client.responses.create({ model: chat, input: "Hi", stream: true })) {
      types.push(event.type);
      numbers.push(event.sequence_number);
      if (event.type === "response.output_text.delta") text += event.delta;
      if (event.type === "response.completed") total = event.response.usage?.total_tokens;
    }
    expect([text, total]).toEqual(["Hello.", 15]);
    expect(types).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(numbers).toEqual(numbers.map((_number, index) => index));
  });

  test("the SDK's own fold of the stream finds the final response", async () => {
    const { client } = setUp({ body: chatStream("Hel", "lo.") });
    const final = await client.responses.stream({ model: chat, input: "Hi" }).finalResponse();
    expect(final.output_text).toBe("Hello.");
  });

  test("calls tools and brings their results back", async () => {
    const call = { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Rome"}' } };
    const answer = chatAnswer("", {
      choices: [
        { index: 0, message: { role: "assistant", content: null, tool_calls: [call] }, finish_reason: "tool_calls" },
      ],
    });
    const { client, sent } = setUp({ body: answer });
    const tools = [
      { type: "function" as const, name: "weather", parameters: { type: "object", properties: {} }, strict: false },
    ];
    const asked = await client.responses.create({ model: chat, input: "Weather?", tools });
    const [item] = asked.output;
    expect(item).toMatchObject({
      type: "function_call",
      call_id: "call_1",
      name: "weather",
      arguments: '{"city":"Rome"}',
    });
    expect(asked.status).toBe("completed");
    expect(sent()["tools"]).toEqual([
      {
        type: "function",
        function: { name: "weather", parameters: { type: "object", properties: {} }, strict: false },
      },
    ]);

    await client.responses.create({
      model: chat,
      tools,
      input: [
        { role: "user", content: "Weather?" },
        ...(asked.output as OpenAI.Responses.ResponseInputItem[]),
        { type: "function_call_output", call_id: "call_1", output: "sunny" },
      ],
    });
    expect(sent(1)["messages"]).toEqual([
      { role: "user", content: "Weather?" },
      expect.objectContaining({ role: "assistant", tool_calls: [call] }),
      { role: "tool", tool_call_id: "call_1", content: "sunny" },
    ]);
  });

  test("asks for structured output", async () => {
    const { client, sent } = setUp({ body: chatAnswer('{"age":7}') });
    const schema = { type: "object", properties: { age: { type: "integer" } }, required: ["age"] };
    const format = { type: "json_schema" as const, name: "person", schema, strict: true };
    const answer = await client.responses.create({ model: chat, input: "Hi", text: { format } });
    expect(JSON.parse(answer.output_text)).toEqual({ age: 7 });
    expect(sent()["response_format"]).toEqual({
      type: "json_schema",
      json_schema: { name: "person", schema, strict: true },
    });
    expect(answer.text?.format).toEqual(format);
  });

  test("keeps another family's reasoning for the next turn, and gives it to nobody else", async () => {
    const thinking = { type: "thinking", thinking: "Hm.", signature: "c2lnbmF0dXJl" };
    const body = { ...messagesAnswer("Hello."), content: [thinking, { type: "text", text: "Hello." }] };
    const { client, sent } = setUp({ body });
    const model = "anthropic/claude-sonnet-4-5";
    const first = await client.responses.create({
      model,
      input: "Hi",
      reasoning: { effort: "low" },
      max_output_tokens: 8000,
    });
    expect(first.output.map(({ type }) => type)).toEqual(["reasoning", "message"]);
    expect(first.output[0]).toMatchObject({ summary: [{ type: "summary_text", text: "Hm." }] });
    expect(JSON.stringify(first.output)).not.toContain("c2lnbmF0dXJl");

    const input = [
      { role: "user" as const, content: "Hi" },
      ...(first.output as OpenAI.Responses.ResponseInputItem[]),
      { role: "user" as const, content: "And?" },
    ];
    await client.responses.create({ model, input, reasoning: { effort: "low" }, max_output_tokens: 8000 });
    expect(JSON.stringify(sent(1)["messages"])).toContain(JSON.stringify(thinking).slice(1, -1));

    await client.responses.create({ model: native, input }).catch(() => undefined);
    expect(sent(2)["input"]).toEqual([
      { type: "message", role: "user", content: "Hi" },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hello." }] },
      { type: "message", role: "user", content: "And?" },
    ]);
  });

  test("is told errors with their true status", async () => {
    const refusal = { status: 429, body: { error: { message: "slow down", type: "rate_limit_error", code: null } } };
    const { client } = setUp(refusal);
    const failed = client.responses.create({ model: chat, input: "Hi" });
    await expect(failed).rejects.toBeInstanceOf(APIError);
    await expect(failed).rejects.toMatchObject({ status: 429, code: "upstream_rate_limited" });
    await expect(client.responses.create({ model: chat, input: [] })).rejects.toMatchObject({
      status: 400,
      param: "input",
    });
  });

  test("is told inside the stream that it broke", async () => {
    const { client } = setUp({ body: chatStream("Hel").slice(0, 2) });
    const events = await client.responses.create({ model: chat, input: "Hi", stream: true });
    const read = async (): Promise<void> => {
      for await (const event of events) expect(event.type).not.toBe("response.completed");
    };
    await expect(read()).rejects.toMatchObject({ code: "upstream_stream_truncated" });
  });

  test("is told how to do without conversations", async () => {
    const { client, transport } = setUp({ body: chatAnswer("") });
    const asked = client.responses.create({ model: chat, input: "Hi", conversation: "conv_1" });
    const instead = expect.stringContaining("`previous_response_id`");
    await expect(asked).rejects.toMatchObject({ status: 400, param: "conversation", message: instead });
    expect(transport.requests.length).toBe(0);
  });
});

describe("a provider that speaks Responses", () => {
  test("gets the client's own bytes and its answer comes back as it was", async () => {
    const body = JSON.stringify(response([message("Hello.")], { future: { field: 1 } }), undefined, 1);
    const { gateway, transport } = setUp({ body });
    const asked = `{ "model":"${native}",  "input":"Hi", "a_new_field": [1.0] }`;
    const answer = await post(gateway, asked);
    expect(await answer.text()).toBe(body);
    expect(Buffer.from(transport.requests[0]?.body ?? "").toString()).toBe(asked.replace(native, "gpt-5-mini"));
    expect(transport.requests[0]?.url).toBe("https://api.openai.com/v1/responses");
  });

  test("streams frame by frame as it did", async () => {
    const frames = textStream("Hel", "lo.");
    const { gateway } = setUp({ body: frames });
    const body = JSON.stringify({ model: native, input: "Hi", stream: true });
    const answer = await post(gateway, body);
    expect(await answer.text()).toBe(frames.join(""));
  });

  test("tells nobody what a stage has rewritten, in whatever frame it says it again", async () => {
    const hide = defineStage("hide", async (_context, next) =>
      mapEvents(await next(), (event) =>
        event.type === "text-delta" ? { ...event, text: event.text.replace("secret", "******") } : event,
      ),
    );
    const { gateway } = setUp(
      { body: textStream("It is ", "secret", ".") },
      { stages: (stages) => insertBefore(stages, "normalize", hide) },
    );
    const body = JSON.stringify({ model: native, input: "Hi", stream: true });
    const answer = await post(gateway, body);
    const text = await answer.text();
    expect(text).not.toContain("secret");
    expect(text).toContain('"text":"It is ******."');
  });

  test("serves a client of Chat Completions, whole and streamed", async () => {
    const { client, sent } = setUp({ body: response([message("Hello.")]) });
    const answer = await client.chat.completions.create({
      model: native,
      messages: [{ role: "user", content: "Hi" }],
      max_completion_tokens: 5,
      tools: [{ type: "function", function: { name: "weather" } }],
    });
    expect(answer.choices[0]?.message.content).toBe("Hello.");
    expect(answer.usage).toMatchObject({
      prompt_tokens: 10,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 2 },
    });
    expect(sent()).toMatchObject({
      model: "gpt-5-mini",
      input: [{ type: "message", role: "user", content: "Hi" }],
      store: false,
      // The least that is taken.
      max_output_tokens: 16,
      // T24: here tools are strict unless they say otherwise.
      tools: [{ type: "function", name: "weather", strict: false }],
    });
    const streamed = setUp({ body: textStream("Hel", "lo.") });
    let text = "";
    const chunks = await streamed.client.chat.completions.create({
      model: native,
      messages: [{ role: "user", content: "Hi" }],
      stream: true,
    });
    for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? "";
    expect(text).toBe("Hello.");
  });

  test("gets its encrypted reasoning back through a client of Chat Completions", async () => {
    const reasoning = {
      id: "rs_1",
      type: "reasoning",
      summary: [{ type: "summary_text", text: "Hm." }],
      encrypted_content: "gAAAA",
    };
    const { client, sent } = setUp({ body: response([reasoning, message("Hello.")]) });
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "Hi" }];
    const first = await client.chat.completions.create({ model: native, messages });
    const said = first.choices[0]?.message;
    expect(said).toMatchObject({ reasoning_content: "Hm." });
    if (said === undefined) return;
    await client.chat.completions.create({
      model: native,
      messages: [...messages, said, { role: "user", content: "And?" }],
    });
    // T25: without ids, and before the item it led to.
    expect(sent(1)["input"]).toEqual([
      { type: "message", role: "user", content: "Hi" },
      { type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }], encrypted_content: "gAAAA" },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hello." }] },
      { type: "message", role: "user", content: "And?" },
    ]);
    expect(sent()["include"]).toEqual(["reasoning.encrypted_content"]);
  });

  test("Q94 an answer that is not complete was cut at its limit", async () => {
    const body = response([message("Hel")], {
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
    });
    const { client } = setUp({ body });
    const answer = await client.chat.completions.create({ model: native, messages: [{ role: "user", content: "Hi" }] });
    expect(answer.choices[0]?.finish_reason).toBe("length");
  });

  test("refuses what it cannot do, and names what it leaves out", async () => {
    const { client } = setUp({ body: response([message("Hello.")]) });
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "Hi" }];
    for (const [param, value] of [
      ["stop", ["x"]],
      ["n", 2],
      ["logit_bias", { 1: 1 }],
    ] as const) {
      const asked = client.chat.completions.create({ model: native, messages, [param]: value });
      await expect(asked).rejects.toMatchObject({ status: 400, param });
    }
    const { response: answer } = await client.chat.completions
      .create({ model: native, messages, seed: 7 })
      .withResponse();
    expect(answer.headers.get("x-llm-gateway-dropped")).toBe("seed");
  });

  test("`api` is one of three words", () => {
    // @ts-expect-error A word that is none of them.
    expect(() => openai({ apiKey: "sk", api: "assistants" })).toThrow(/`api` must be one of "auto", "chat"/);
  });
});
