import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { azureOpenai, createGateway, openai, type OpenaiOptions, type Provider } from "../../src/index.ts";
import { silent } from "../../src/testing/adapter/start-host.ts";
import { createFakeTransport, type FakeAnswer } from "../../src/testing/index.ts";
import { ask, chatAnswer, responsesAnswer } from "./ask.ts";

const openaiWith = (options: OpenaiOptions = {}): Provider => openai({ apiKey: "sk", ...options });
const messages = [{ role: "user", content: "Hello" }];
const bodies = {
  chat: { messages },
  responses: { input: "Hello" },
  messages: { messages, max_tokens: 9 },
} as const;

/** The API that a client's request is taken to, for a model of the provider. */
const apiFor = async (
  provider: Provider,
  model: string,
  front: keyof typeof bodies = "chat",
): Promise<"chat" | "responses" | undefined> => {
  const body = { model: `${provider.id}/${model}`, ...bodies[front] };
  for (const [api, answer, path] of [
    ["chat", chatAnswer, "/chat/completions"],
    ["responses", responsesAnswer, "/responses"],
  ] as const) {
    const { sent, response } = await ask(provider, body, answer, front);
    if (response.status !== 200 || sent[0]?.url.includes(path) !== true) continue;
    expect(JSON.stringify(await response.json())).toContain("Hello");
    return api;
  }
  return undefined;
};

describe("without a word on it, each model is asked where it is", () => {
  test.each([
    ["gpt-5-mini", "chat", "chat"],
    ["gpt-5-mini", "messages", "chat"],
    ["gpt-5-codex", "chat", "responses"],
    ["gpt-5-codex", "messages", "responses"],
    ["o1-pro", "chat", "responses"],
    ["o4-mini-deep-research-2025-06-26", "chat", "responses"],
    // What the client says passes as it is, as long as the model is there too.
    ["gpt-5-mini", "responses", "responses"],
    ["gpt-audio-1.5", "responses", "chat"],
    ["gpt-4o-search-preview", "responses", "chat"],
    // The catalog will always be behind.
    ["gpt-9.1-codex-max", "chat", "responses"],
    ["gpt-9-pro-2030-01-01", "chat", "responses"],
    ["gpt-9", "chat", "chat"],
    ["ft:gpt-5-mini:acme:product:1", "chat", "chat"],
    ["ft:gpt-5-mini:acme:product:1", "responses", "responses"],
  ] as const)("%s for a client of %s: %s", async (model, front, api) => {
    expect(await apiFor(openaiWith(), model, front)).toBe(api);
  });

  test.each([
    ["gpt-5-mini", "chat", "chat"],
    ["gpt-5-mini", "responses", "chat"],
    ["gpt-5-codex", "chat", "responses"],
    // Nothing of another maker is only there.
    ["gemini-3-pro", "chat", "chat"],
    ["qwen3-pro", "responses", "chat"],
  ] as const)("%s for a client of %s behind another address: %s", async (model, front, api) => {
    expect(await apiFor(openaiWith({ baseURL: "https://proxy.acme.test/v1" }), model, front)).toBe(api);
  });

  test("is told of models that are its own", async () => {
    const provider = openaiWith({
      models: [
        { id: "house-model", onlyApi: "responses" },
        { id: "gpt-9-pro", onlyApi: "chat" },
      ],
    });
    expect(await apiFor(provider, "house-model")).toBe("responses");
    expect(await apiFor(provider, "gpt-9-pro", "responses")).toBe("chat");
    expect(() => openaiWith({ models: [{ id: "m", onlyApi: "batch" as "chat" }] })).toThrow(
      /`onlyApi` in `models\[0\]`/,
    );
  });

  test("also in Azure", async () => {
    const azure = azureOpenai({
      resource: "acme",
      apiKey: "k",
      deployments: { "gpt-5-codex": "coder", "gpt-5": "five" },
    });
    expect(await apiFor(azure, "gpt-5-codex")).toBe("responses");
    expect(await apiFor(azure, "gpt-5")).toBe("chat");
    expect(await apiFor(azure, "gpt-5", "responses")).toBe("responses");
    expect(await apiFor(azure, "grok-4-pro", "responses")).toBe("chat");
    const dated = azureOpenai({ resource: "acme", apiKey: "k", apiVersion: "2025-04-01-preview" });
    expect(await apiFor(dated, "gpt-5", "responses")).toBe("chat");
    expect(await apiFor(dated, "o3-pro")).toBe("responses");
  });
});

test.each([
  ["chat", "gpt-5-codex"],
  ["responses", "gpt-audio-1.5"],
] as const)("`api: %s` is spoken with whatever model", async (api, model) => {
  for (const front of ["chat", "responses"] as const) expect(await apiFor(openaiWith({ api }), model, front)).toBe(api);
});

const response = (output: readonly object[], status = "completed"): object => ({
  id: "resp_1",
  object: "response",
  created_at: 1_790_000_000,
  status,
  error: null,
  incomplete_details: null,
  model: "gpt-5-codex",
  output,
  usage: {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 5,
    output_tokens_details: { reasoning_tokens: 2 },
    total_tokens: 15,
  },
});

const thought = {
  id: "rs_1",
  type: "reasoning",
  summary: [{ type: "summary_text", text: "Rome, then." }],
  encrypted_content: "gAAAA",
};
const call = {
  id: "fc_1",
  type: "function_call",
  status: "completed",
  call_id: "call_1",
  name: "weather",
  arguments: '{"city":"Rome"}',
};
const said = {
  id: "msg_1",
  type: "message",
  status: "completed",
  role: "assistant",
  content: [{ type: "output_text", annotations: [], logprobs: [], text: "Sunny." }],
};

const events = (...list: readonly (readonly [type: string, data: object])[]): string[] =>
  list.map(([type, data], index) => {
    const value = { type, sequence_number: index, ...data };
    return `event: ${type}\ndata: ${JSON.stringify(value)}\n\n`;
  });

const streamedCall = events(
  ["response.created", { response: response([], "in_progress") }],
  ["response.output_item.added", { output_index: 0, item: { id: "rs_1", type: "reasoning", summary: [] } }],
  [
    "response.reasoning_summary_text.delta",
    { item_id: "rs_1", output_index: 0, summary_index: 0, delta: "Rome, then." },
  ],
  ["response.output_item.done", { output_index: 0, item: thought }],
  ["response.output_item.added", { output_index: 1, item: { ...call, arguments: "", status: "in_progress" } }],
  ["response.function_call_arguments.delta", { item_id: "fc_1", output_index: 1, delta: '{"city":' }],
  ["response.function_call_arguments.delta", { item_id: "fc_1", output_index: 1, delta: '"Rome"}' }],
  ["response.output_item.done", { output_index: 1, item: call }],
  ["response.completed", { response: response([thought, call]) }],
);

describe("OpenAI's own client of Chat Completions meets a model that only Responses have", () => {
  const setUp = (...answers: readonly FakeAnswer[]) => {
    const transport = createFakeTransport((_request, index) => answers[index] ?? { status: 500, body: "" });
    const gateway = createGateway({
      providers: [openaiWith()],
      authenticate: () => null,
      transport,
      random: () => 0,
      logger: silent,
    });
    const fetch = gateway.fetchAs({ id: "ada" });
    const client = new OpenAI({ apiKey: "k", baseURL: "http://gateway.test/v1", fetch, maxRetries: 0 });
    const sent = (index: number): Record<string, unknown> =>
      JSON.parse(Buffer.from(transport.requests[index]?.body ?? "").toString());
    return { client, sent };
  };
  const tool = {
    type: "function" as const,
    function: { name: "weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
  };
  const question = { role: "user", content: "How is the weather in Rome?" } as const;
  const asked = { model: "gpt-5-codex", tools: [tool], reasoning_effort: "high" as const };

  const secondTurn = [
    { type: "message", role: "user", content: question.content },
    { type: "reasoning", summary: thought.summary, encrypted_content: "gAAAA" },
    { type: "function_call", call_id: "call_1", name: "weather", arguments: '{"city":"Rome"}' },
    { type: "function_call_output", call_id: "call_1", output: "25 °C" },
  ];

  test("whole: its tools, and its reasoning on the way back", async () => {
    const { client, sent } = setUp({ body: response([thought, call]) }, { body: response([said]) });
    const first = await client.chat.completions.create({ ...asked, messages: [question] });
    expect(first.choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { tool_calls: [{ id: "call_1", function: { name: "weather", arguments: '{"city":"Rome"}' } }] },
    });
    expect(sent(0)).toMatchObject({ model: "gpt-5-codex", reasoning: { effort: "high" }, store: false });
    const turn = first.choices[0]?.message as OpenAI.ChatCompletionMessageParam;
    const result = { role: "tool", tool_call_id: "call_1", content: "25 °C" } as const;
    const second = await client.chat.completions.create({ ...asked, messages: [question, turn, result] });
    expect(second.choices[0]?.message.content).toBe("Sunny.");
    expect(sent(1)["input"]).toEqual(secondTurn);
  });

  test("streamed: by the SDK's own tool runner", async () => {
    const { client, sent } = setUp(
      { body: streamedCall },
      {
        body: events(
          ["response.created", { response: response([], "in_progress") }],
          ["response.output_item.added", { output_index: 0, item: { ...said, content: [], status: "in_progress" } }],
          [
            "response.output_text.delta",
            { item_id: "msg_1", output_index: 0, content_index: 0, delta: "Sunny.", logprobs: [] },
          ],
          ["response.output_item.done", { output_index: 0, item: said }],
          ["response.completed", { response: response([said]) }],
        ),
      },
    );
    const cities: unknown[] = [];
    const runner = client.chat.completions.runTools({
      ...asked,
      stream: true,
      messages: [question],
      tools: [
        {
          type: "function",
          function: {
            ...tool.function,
            description: "Tells the weather.",
            parse: JSON.parse,
            function: (city: unknown) => {
              cities.push(city);
              return "25 °C";
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe("Sunny.");
    expect(cities).toEqual([{ city: "Rome" }]);
    // The SDK may forget the reasoning, but not what it is about.
    const input = sent(1)["input"] as readonly { readonly type: string }[];
    expect(input.filter(({ type }) => type !== "reasoning")).toEqual(secondTurn.toSpliced(1, 1));
  });
});
