import OpenAI, { APIError } from "openai";
import { describe, expect, test } from "vitest";
import {
  anthropic,
  createGateway,
  denyPatterns,
  guardrail,
  memoryResponseStore,
  openai,
  openaiCompatible,
  type GatewayOptions,
  type Principal,
  type ResponseStore,
} from "../src/index.ts";
import { patienceMs, until } from "../src/testing/adapter/within.ts";
import { createFakeClock, createFakeTransport, type FakeAnswer } from "../src/testing/index.ts";
import { chatAnswer, chatChunk, chatStream, messagesAnswer, messagesStream } from "../src/testing/wire.ts";
import { named, soundAnswers } from "./recordings/answers.ts";
import { present } from "./recordings/fixtures.ts";

const chat = "house/m";
const native = "openai/gpt-5-mini";
const claude = "anthropic/claude-haiku-4-5";
const ada: Principal = { id: "ada", tenant: "acme" };

type Answer = FakeAnswer | Promise<FakeAnswer>;

const setUp = (answers: readonly Answer[] | ((index: number) => Answer), options: GatewayOptions = {}) => {
  const answerAt =
    typeof answers === "function" ? answers : (index: number) => answers[index] ?? { status: 500, body: "" };
  const transport = createFakeTransport((_request, index) => answerAt(index));
  const clock = createFakeClock();
  const logged: unknown[] = [];
  const log = (...line: unknown[]): void => void logged.push(line);
  const gateway = createGateway({
    providers: [
      openaiCompatible({ id: "house", baseURL: "http://127.0.0.1:8000/v1" }),
      openai({ apiKey: "sk-o" }),
      anthropic({ apiKey: "sk-a" }),
    ],
    authenticate: () => null,
    transport,
    clock,
    logger: { debug: () => {}, info: log, warn: log, error: log },
    ...options,
  });
  const clientOf = (principal: Principal): OpenAI =>
    new OpenAI({ apiKey: "k", baseURL: "http://gateway.test/v1", fetch: gateway.fetchAs(principal), maxRetries: 0 });
  const ask = (path: string, init: RequestInit & { readonly json?: unknown } = {}): Promise<Response> => {
    const { json, ...rest } = init;
    const body = json === undefined ? {} : { method: "POST", body: JSON.stringify(json) };
    const headers = { "content-type": "application/json" };
    return gateway.fetchAs(ada)(`http://gateway.test/v1/responses${path}`, { headers, ...body, ...rest });
  };
  const sent = (index: number): Record<string, unknown> =>
    JSON.parse(Buffer.from(transport.requests[index]?.body ?? "").toString());
  return { gateway, client: clientOf(ada), clientOf, ask, transport, clock, sent, logged };
};

const usage = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 2 },
  total_tokens: 15,
};
const said = (text: string, id = "msg_1"): object => ({
  id,
  type: "message",
  status: "completed",
  role: "assistant",
  content: [{ type: "output_text", annotations: [], logprobs: [], text }],
});
const thought = (more: object = {}): object => ({
  id: "rs_1",
  type: "reasoning",
  summary: [{ type: "summary_text", text: "Hm." }],
  ...more,
});
const response = (output: readonly object[], more: object = {}): object => ({
  id: "resp_1",
  object: "response",
  created_at: 1_790_000_000,
  status: "completed",
  error: null,
  incomplete_details: null,
  previous_response_id: null,
  store: true,
  model: "gpt-test-2026",
  output,
  usage,
  future: { field: 1 },
  ...more,
});
const stream = (output: readonly object[], more: object = {}): string[] =>
  (
    [
      ["response.created", { response: response([], { ...more, status: "in_progress", usage: null }) }],
      ["response.in_progress", { response: response([], { ...more, status: "in_progress", usage: null }) }],
      ...output.map((item, index) => ["response.output_item.added", { output_index: index, item }] as const),
      ...output.map((item, index) => ["response.output_item.done", { output_index: index, item }] as const),
      ["response.completed", { response: response(output, more) }],
    ] as const
  ).map(([type, data], index) => {
    const value = { type, sequence_number: index, ...data };
    return `event: ${type}\ndata: ${JSON.stringify(value)}\n\n`;
  });

const readAll = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};

/** The status with which a request is refused. */
const failureOf = async (asked: Promise<unknown>): Promise<APIError> => {
  const error = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
};

const weather = { type: "function" as const, name: "weather", parameters: {}, strict: false };
const calls = [{ id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Rome"}' } }];
const chatCall = chatAnswer("", {
  choices: [
    { index: 0, message: { role: "assistant", content: null, tool_calls: calls }, finish_reason: "tool_calls" },
  ],
});

describe("an answer is gone on from", () => {
  test("with any provider: the conversation is there, its instructions are not", async () => {
    const { client, sent } = setUp([
      { body: chatCall },
      { body: chatAnswer("Sunny.") },
      { body: chatAnswer("You are welcome.") },
    ]);
    const common = { model: chat, tools: [weather] };
    const first = await client.responses.create({ ...common, input: "The weather in Rome?", instructions: "Be kind." });
    expect(first).toMatchObject({ store: true, previous_response_id: null });
    const second = await client.responses.create({
      ...common,
      previous_response_id: first.id,
      input: [{ type: "function_call_output", call_id: "call_1", output: "25 °C" }],
    });
    expect(second).toMatchObject({ store: true, previous_response_id: first.id, output_text: "Sunny." });
    await client.responses.create({
      model: chat,
      previous_response_id: second.id,
      input: "Thank you.",
      instructions: "Be brief.",
    });
    expect(sent(2)["messages"]).toMatchObject([
      { role: "system", content: "Be brief." },
      { role: "user", content: "The weather in Rome?" },
      { role: "assistant", tool_calls: calls },
      { role: "tool", tool_call_id: "call_1", content: "25 °C" },
      { role: "assistant", content: "Sunny." },
      { role: "user", content: "Thank you." },
    ]);
  });

  test("streamed, several times over: a conversation may branch", async () => {
    const { client, sent } = setUp((index) => ({ body: chatStream(`Answer ${index}`, ".") }));
    const ask = async (input: string, previous_response_id?: string): Promise<OpenAI.Responses.Response> => {
      const events = await readAll(
        await client.responses.create({
          model: chat,
          input,
          stream: true,
          ...(previous_response_id ? { previous_response_id } : {}),
        }),
      );
      const last = events.at(-1);
      if (last?.type !== "response.completed") throw new Error(`It ended in ${last?.type}.`);
      const told = events.flatMap((event) => ("response" in event ? [event.response.previous_response_id] : []));
      expect(new Set(told)).toEqual(new Set([previous_response_id ?? null]));
      return last.response;
    };
    const first = await ask("One");
    await ask("Two", first.id);
    await ask("Three", first.id);
    expect(sent(2)["messages"]).toEqual([
      { role: "user", content: "One" },
      { role: "assistant", content: "Answer 0." },
      { role: "user", content: "Three" },
    ]);
  });

  test("another model goes on, and another family's proof of what it thought goes back to it", async () => {
    const thinking = { type: "thinking", thinking: "Hm.", signature: "c2ln" };
    const { client, sent } = setUp([
      { body: { ...messagesAnswer("Hello."), content: [thinking, { type: "text", text: "Hello." }] } },
      { body: chatAnswer("Still here.") },
      { body: messagesAnswer("Again.") },
    ]);
    const first = await client.responses.create({ model: claude, input: "Hi", reasoning: { effort: "low" } });
    const second = await client.responses.create({ model: chat, input: "And?", previous_response_id: first.id });
    expect(JSON.stringify(sent(1))).not.toContain("c2ln");
    await client.responses.create({ model: claude, input: "And?", previous_response_id: second.id });
    expect(sent(2)["messages"]).toMatchObject([
      { role: "user" },
      { role: "assistant", content: [thinking, { type: "text", text: "Hello." }] },
      { role: "user" },
      { role: "assistant", content: [{ type: "text", text: "Still here." }] },
      { role: "user" },
    ]);
  });

  test("tokens of what it goes on from are counted as well", async () => {
    const { client, sent, transport } = setUp([{ body: chatAnswer("Hello.") }, { body: { input_tokens: 7 } }]);
    const first = await client.responses.create({ model: chat, input: "Hi" });
    const counted = await client.responses.inputTokens.count({
      model: claude,
      input: "And?",
      previous_response_id: first.id,
    });
    expect(counted.input_tokens).toBe(7);
    expect(transport.requests[1]?.url).toMatch(/count_tokens$/);
    expect(sent(1)["messages"]).toMatchObject([{ role: "user" }, { role: "assistant" }, { role: "user" }]);
  });
});

describe("a provider that speaks Responses", () => {
  const proven = thought({ encrypted_content: "gAAAA" });

  test("is sent what the client says, byte for byte, as long as that refers to nothing", async () => {
    const body = JSON.stringify(response([said("Hello.")]), undefined, 1);
    const { ask, transport } = setUp([{ body }]);
    const json = { model: native, input: "Hi", new_field: 1 };
    expect(await (await ask("", { json })).text()).toBe(body);
    expect(Buffer.from(transport.requests[0]?.body ?? "").toString()).toBe(
      JSON.stringify({ ...json, model: "gpt-5-mini" }),
    );
    expect(await (await ask("/resp_1")).json()).toEqual(JSON.parse(body));
  });

  test("is told the conversation, and never an id of an answer; its answer is put right in that alone", async () => {
    const { ask, sent } = setUp([
      { body: response([proven, said("Hello.")]) },
      { body: response([said("Bye.", "msg_2")], { id: "resp_2" }) },
    ]);
    await ask("", { json: { model: native, input: "Hi" } });
    const json = { model: native, previous_response_id: "resp_1", input: "And?", new_field: 1, user: "u" };
    const second = await ask("", { json });
    expect(await second.json()).toEqual(
      response([said("Bye.", "msg_2")], { id: "resp_2", previous_response_id: "resp_1" }),
    );
    expect(sent(1)).toMatchObject({ model: "gpt-5-mini", new_field: 1, user: "u" });
    expect(sent(1)).not.toHaveProperty("previous_response_id");
    expect(sent(1)["input"]).toMatchObject([
      { role: "user", content: "Hi" },
      proven,
      { role: "assistant", content: [{ type: "output_text", text: "Hello." }] },
      { role: "user", content: "And?" },
    ]);
  });

  test("the same in a stream, of which all other frames pass as they came", async () => {
    const frames = stream([said("Bye.", "msg_2")], { id: "resp_2" });
    const { ask } = setUp([{ body: stream([proven, said("Hello.")]) }, { body: frames }]);
    await (await ask("", { json: { model: native, input: "Hi", stream: true } })).text();
    const json = { model: native, previous_response_id: "resp_1", input: "And?", stream: true };
    const text = await (await ask("", { json })).text();
    const told = frames.map((frame) => frame.replace('"previous_response_id":null', '"previous_response_id":"resp_1"'));
    expect(text).toBe(told.join(""));
    expect(await (await ask("/resp_2")).json()).toMatchObject({ id: "resp_2", previous_response_id: "resp_1" });
  });

  test.each([
    ["the model that thought it, which knows it by its id", native, {}, [thought()]],
    ["nobody else", "openai/gpt-5", {}, []],
    ["nobody, where the provider kept nothing", native, { store: false }, []],
  ])("reasoning without a proof goes back to %s", async (_what, model, more, expected) => {
    const { ask, sent } = setUp([
      { body: response([thought(), said("Hello.")], more) },
      { body: response([said("Bye.", "msg_2")], { id: "resp_2" }) },
    ]);
    await ask("", { json: { model: native, input: "Hi" } });
    await ask("", { json: { model, previous_response_id: "resp_1", input: "And?" } });
    const input = sent(1)["input"] as readonly { readonly type: string }[];
    expect(input.filter(({ type }) => type === "reasoning")).toEqual(expected);
    expect(input).toHaveLength(3 + expected.length);
  });

  test("reasoning that was told in words only is none of its own, with the id that was made here", async () => {
    const message = { role: "assistant", content: "Hello.", reasoning_content: "Hm." };
    const { client, sent } = setUp([
      { body: chatAnswer("", { choices: [{ index: 0, message, finish_reason: "stop" }] }) },
      { body: response([said("Bye.")]) },
      { body: chatAnswer("Bye.") },
    ]);
    const first = await client.responses.create({ model: chat, input: "Hi" });
    expect(first.output).toMatchObject([{ type: "reasoning" }, { type: "message" }]);
    await client.responses.create({ model: native, previous_response_id: first.id, input: "And?" });
    expect(sent(1)["input"]).toMatchObject([{ role: "user" }, { role: "assistant" }, { role: "user" }]);
  });

  test("an answer that tells its calls only one by one is kept with them", async () => {
    const call = { id: "fc_1", type: "function_call", status: "completed", call_id: "c", name: "f", arguments: "{}" };
    const frames = stream([call]).map((frame) =>
      frame.startsWith("event: response.completed")
        ? frame.replace(/"output":\[.*\],"usage"/, '"output":[],"usage"')
        : frame,
    );
    const { ask } = setUp([{ body: frames }]);
    expect(await (await ask("", { json: { model: native, input: "Hi", stream: true } })).text()).toBe(frames.join(""));
    expect(await (await ask("/resp_1")).json()).toMatchObject({ output: [call] });
  });
});

describe("single items are referred to", () => {
  test("and stand in their places, whoever answers", async () => {
    const { client, sent } = setUp([
      { body: chatCall },
      { body: chatAnswer("Sunny.") },
      { body: response([said("Bye.")]) },
    ]);
    const { output } = await client.responses.create({ model: chat, input: "The weather in Rome?", tools: [weather] });
    const input: OpenAI.Responses.ResponseInput = [
      { role: "user", content: "The weather in Rome?" },
      { type: "item_reference", id: output[0]?.id ?? "" },
      { type: "function_call_output", call_id: "call_1", output: "25 °C" },
    ];
    const second = await client.responses.create({ model: chat, input, tools: [weather] });
    expect(sent(1)["messages"]).toMatchObject([
      { role: "user" },
      { role: "assistant", tool_calls: calls },
      { role: "tool", tool_call_id: "call_1" },
    ]);
    const more: OpenAI.Responses.ResponseInput = [
      ...input,
      { type: "item_reference", id: second.output[0]?.id ?? "" },
      { role: "user", content: "Thanks." },
    ];
    await client.responses.create({ model: native, input: more, tools: [weather] });
    expect(sent(2)["input"]).toMatchObject([
      { role: "user" },
      { type: "function_call", call_id: "call_1" },
      { type: "function_call_output" },
      { role: "assistant", content: [{ text: "Sunny." }] },
      { role: "user" },
    ]);
  });

  test("of nobody's answer, or of another caller's, are refused and nobody is asked", async () => {
    const { client, clientOf, transport } = setUp([{ body: chatAnswer("Hello.") }]);
    const { output } = await client.responses.create({ model: chat, input: "Hi" });
    const reference = { type: "item_reference" as const, id: output[0]?.id ?? "" };
    for (const [asker, item] of [
      [client, { ...reference, id: "msg_none" }],
      [clientOf({ id: "bob", tenant: "acme" }), reference],
    ] as const) {
      const error = await failureOf(
        asker.responses.create({ model: native, input: [{ role: "user", content: "x" }, item] }),
      );
      expect(error).toMatchObject({ status: 400, code: "previous_response_not_found", param: "input[1].id" });
    }
    expect(transport.requests).toHaveLength(1);
  });
});

describe("who may refer to it", () => {
  test.each<[string, Principal]>([
    ["another tenant", { id: "ada", tenant: "other" }],
    ["another caller of the tenant", { id: "bob", tenant: "acme" }],
    ["a caller of no tenant", { id: "ada" }],
    ["a caller whose name is like both", { id: 'ada","acme', tenant: "acme" }],
  ])("%s finds nothing", async (_what, principal) => {
    const { client, clientOf, transport } = setUp([{ body: chatAnswer("Hello.") }]);
    const { id } = await client.responses.create({ model: chat, input: "Hi" });
    const other = clientOf(principal);
    expect(await failureOf(other.responses.retrieve(id))).toMatchObject({ status: 404, code: "response_not_found" });
    expect(await failureOf(readAll(other.responses.inputItems.list(id)))).toMatchObject({ status: 404 });
    expect(await failureOf(other.responses.delete(id))).toMatchObject({ status: 404 });
    const went = other.responses.create({ model: chat, input: "Hi", previous_response_id: id });
    expect(await failureOf(went)).toMatchObject({
      status: 400,
      code: "previous_response_not_found",
      param: "previous_response_id",
      message: expect.stringContaining("`input`"),
    });
    expect(transport.requests).toHaveLength(1);
    expect((await client.responses.retrieve(id)).output_text).toBe("Hello.");
  });
});

describe("what is kept", () => {
  test("is what the client was told, also where a guardrail had a say in it", async () => {
    const rules = [denyPatterns({ patterns: [/secret/], action: "redact" })];
    const options: GatewayOptions = { stages: (defaults) => [guardrail({ rules }), ...defaults] };
    for (const body of [response([said("The secret.")]), stream([said("The secret.")])]) {
      const { ask } = setUp([{ body }], options);
      const text = await (await ask("", { json: { model: native, input: "Hi", stream: Array.isArray(body) } })).text();
      expect(text).not.toContain("secret");
      const kept = await (await ask("/resp_1")).text();
      expect(kept).not.toContain("secret");
      expect(JSON.parse(kept)).toMatchObject({ id: "resp_1", output: [{ type: "message" }] });
    }
  });

  test("is what was left of an answer when a guardrail blocked it", async () => {
    const rules = [denyPatterns({ patterns: [/secret/] })];
    const options: GatewayOptions = { stages: (defaults) => [guardrail({ rules }), ...defaults] };
    const { ask } = setUp([{ body: messagesStream("The ", "secret.") }], options);
    const text = await (await ask("", { json: { model: claude, input: "Hi", stream: true } })).text();
    const id = /"id":"(resp_[^"]+)"/.exec(text)?.[1];
    const kept = await (await ask(`/${id}`)).text();
    expect(kept).not.toContain("secret");
    expect(JSON.parse(kept)).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "content_filter" },
      output: [{ content: [{ text: "The " }] }],
    });
  });

  test("is an answer that was cut at its limit, too", async () => {
    const cut = [chatChunk({ role: "assistant", content: "Hel" }), chatChunk({}, "length"), "data: [DONE]\n\n"];
    const { client } = setUp([{ body: cut }]);
    const events = await readAll(await client.responses.create({ model: chat, input: "Hi", stream: true }));
    const last = events.at(-1);
    if (last?.type !== "response.incomplete") throw new Error(`It ended in ${last?.type}.`);
    expect(await client.responses.retrieve(last.response.id)).toMatchObject({ status: "incomplete" });
  });

  test.each<[string, readonly Answer[], GatewayOptions]>([
    ["breaks off", [{ body: messagesStream("Hel", "lo").slice(0, 3) }], {}],
    ["breaks", [{ body: messagesStream("Hel", "lo").slice(0, 3), breaksWith: new Error("reset") }], {}],
    ["is an error", [{ status: 400, body: { error: { message: "no" } } }], {}],
  ])("is nothing where the answer %s", async (_what, answers, options) => {
    const sets: string[] = [];
    const store = memoryResponseStore();
    const responses: ResponseStore = { ...store, set: (key, ...rest) => (sets.push(key), store.set(key, ...rest)) };
    const { ask } = setUp(answers, { ...options, stores: { responses } });
    const answer = await ask("", { json: { model: claude, input: "Hi", stream: true } });
    await answer.text().catch(() => "");
    expect(sets).toEqual([]);
  });

  test("is nothing where its client leaves", async () => {
    const store = memoryResponseStore();
    let sets = 0;
    const responses: ResponseStore = { ...store, set: (...value) => (sets++, store.set(...value)) };
    const hanging = new Promise<never>(() => undefined);
    const { client, transport } = setUp([hanging], { stores: { responses } });
    const asked = client.responses.create({ model: chat, input: "Hi" }, { signal: AbortSignal.timeout(20) });
    await asked.catch(() => undefined);
    await until(patienceMs, "the provider to be let go", () => transport.requests[0]?.signal.aborted === true);
    expect(sets).toBe(0);
  });

  test("is nothing where the client wants it so; what it goes on from is there all the same", async () => {
    const { client, sent } = setUp([{ body: chatAnswer("Hello.") }, { body: chatAnswer("Bye.") }]);
    const first = await client.responses.create({ model: chat, input: "Hi" });
    const second = await client.responses.create({
      model: chat,
      input: "And?",
      store: false,
      previous_response_id: first.id,
    });
    expect(second).toMatchObject({ store: false, previous_response_id: first.id });
    expect(sent(1)["messages"]).toHaveLength(3);
    expect(await failureOf(client.responses.retrieve(second.id))).toMatchObject({ status: 404 });
    const went = client.responses.create({ model: chat, input: "x", previous_response_id: second.id });
    expect(await failureOf(went)).toMatchObject({ code: "previous_response_not_found" });
  });

  test("is kept before its client has seen the end", async () => {
    const held: (() => void)[] = [];
    const store = memoryResponseStore();
    const responses: ResponseStore = {
      ...store,
      set: async (...value) => {
        await new Promise<void>((resolve) => held.push(resolve));
        await store.set(...value);
      },
    };
    for (const isStream of [false, true]) {
      const { ask } = setUp([{ body: isStream ? chatStream("Hello.") : chatAnswer("Hello.") }], {
        stores: { responses },
      });
      let text: string | undefined;
      const answered = ask("", { json: { model: chat, input: "Hi", stream: isStream } })
        .then((answer) => answer.text())
        .then((whole) => (text = whole));
      await until(patienceMs, "the answer to be kept", () => held.length === 2);
      expect(text).toBeUndefined();
      for (const release of held.splice(0)) release();
      expect(await answered).toContain("Hello.");
    }
  });

  test("is what a store gives back after a detour through JSON", async () => {
    const values = new Map<string, string>();
    const responses: ResponseStore = {
      get: async (key) => (values.has(key) ? JSON.parse(values.get(key) ?? "") : undefined),
      set: async (key, value, { sizeBytes }) => {
        expect(sizeBytes).toBeGreaterThan(0);
        values.set(key, JSON.stringify(value));
      },
      delete: async (key) => void values.delete(key),
    };
    const { client, sent } = setUp([{ body: chatAnswer("Hello.") }, { body: chatAnswer("Bye.") }], {
      stores: { responses },
    });
    const first = await client.responses.create({ model: chat, input: "Hi" });
    await client.responses.create({ model: chat, input: "And?", previous_response_id: first.id });
    expect(sent(1)["messages"]).toHaveLength(3);
    expect([...values.keys()].join()).not.toMatch(/acme|resp_/);
    await client.responses.delete(first.id);
    expect(await failureOf(client.responses.retrieve(first.id))).toMatchObject({ status: 404 });
    expect(values.size).toBe(2);
  });
});

describe("for a while and within bounds", () => {
  test("it is forgotten after a day", async () => {
    const { client, clock } = setUp([{ body: chatAnswer("Hello.") }]);
    const { id } = await client.responses.create({ model: chat, input: "Hi" });
    await clock.advance(24 * 60 * 60 * 1000 - 1);
    expect((await client.responses.retrieve(id)).id).toBe(id);
    await clock.advance(1);
    expect(await failureOf(client.responses.retrieve(id))).toMatchObject({ status: 404 });
  });

  test("or earlier, where others are more recent", async () => {
    const responses = memoryResponseStore({ maxBytes: 12_000 });
    const { client } = setUp(() => ({ body: chatAnswer("x".repeat(1_000)) }), { stores: { responses } });
    const ids: string[] = [];
    for (let index = 0; index < 8; index++) ids.push((await client.responses.create({ model: chat, input: "Hi" })).id);
    expect(await failureOf(client.responses.retrieve(ids[0] ?? ""))).toMatchObject({ status: 404 });
    expect((await client.responses.retrieve(ids[7] ?? "")).id).toBe(ids[7]);
  });
});

describe("a store that is out of order", () => {
  const broken: ResponseStore = {
    get: () => Promise.reject(new Error("down")),
    set: () => Promise.reject(new Error("down")),
    delete: () => Promise.reject(new Error("down")),
  };

  test("takes no answer with it, and asks clients to try again", async () => {
    const { client, logged } = setUp(() => ({ body: chatAnswer("Hello.") }), { stores: { responses: broken } });
    expect((await client.responses.create({ model: chat, input: "Hi" })).output_text).toBe("Hello.");
    const again = { status: 503, code: "dependency_unavailable" };
    expect(await failureOf(client.responses.retrieve("resp_1"))).toMatchObject(again);
    expect(await failureOf(client.responses.delete("resp_1"))).toMatchObject(again);
    const went = client.responses.create({ model: chat, input: "Hi", previous_response_id: "resp_1" });
    expect(await failureOf(went)).toMatchObject(again);
    expect(JSON.stringify(logged)).toContain("The response store keeps failing");
  });

  test("is not waited for", async () => {
    const hanging = new Promise<void>(() => undefined);
    const store = { get: () => hanging, set: () => hanging, delete: () => hanging };
    const { client, clock } = setUp([{ body: chatAnswer("Hello.") }], { stores: { responses: store } });
    const asked = client.responses.create({ model: chat, input: "Hi" });
    let answered = false;
    const done = asked.then(() => (answered = true));
    await until(patienceMs, "the store to be given up", () => {
      void clock.advance(1_000);
      return answered;
    });
    await done;
    expect((await asked).output_text).toBe("Hello.");
  });

  test("is found out where it mixes up its values", async () => {
    const store = memoryResponseStore();
    let last: unknown;
    const responses: ResponseStore = { ...store, set: (_key, value) => void (last = value), get: () => last };
    const { client } = setUp([{ body: chatAnswer("Hello.") }], { stores: { responses } });
    await client.responses.create({ model: chat, input: "Hi" });
    expect(await failureOf(client.responses.retrieve("resp_other"))).toMatchObject({ status: 404 });
  });
});

describe("where none are kept", () => {
  test("clients are told, in the answer and where they refer to one", async () => {
    const { client, transport } = setUp([{ body: chatAnswer("Hello.") }], { stores: { responses: false } });
    const first = await client.responses.create({ model: chat, input: "Hi", store: true });
    expect(first).toMatchObject({ store: false });
    expect(await failureOf(client.responses.retrieve(first.id))).toMatchObject({ status: 404 });
    expect(await failureOf(client.responses.delete(first.id))).toMatchObject({ status: 404 });
    for (const [param, body] of [
      ["previous_response_id", { input: "x", previous_response_id: first.id }],
      ["input[0].id", { input: [{ type: "item_reference" as const, id: "msg_1" }] }],
    ] as const) {
      const error = await failureOf(
        client.responses.create({ model: native, ...body } as OpenAI.Responses.ResponseCreateParamsNonStreaming),
      );
      expect(error).toMatchObject({ status: 400, code: "unsupported_parameter", param });
    }
    expect(transport.requests).toHaveLength(1);
  });
});

describe("kept answers are looked up", () => {
  test("whole, with what led to them page by page, and forgotten", async () => {
    const { client, ask } = setUp((index) => ({ body: chatAnswer(`Answer ${index}.`) }));
    const first = await client.responses.create({ model: chat, input: "One", metadata: { a: "b" } });
    const { id } = await client.responses.create({
      model: chat,
      previous_response_id: first.id,
      input: [{ role: "user", content: "Two" }],
    });
    expect(await client.responses.retrieve(first.id)).toEqual(first);
    const textOf = (item: OpenAI.Responses.ResponseItem): unknown =>
      item.type === "message" ? item.content[0] : undefined;
    const items = await readAll(client.responses.inputItems.list(id, { limit: 1, order: "asc" }));
    expect(items.map(textOf)).toMatchObject([
      { type: "input_text", text: "One" },
      { type: "output_text", text: "Answer 0." },
      { type: "input_text", text: "Two" },
    ]);
    expect(new Set(items.map((item) => item.id)).size).toBe(3);
    const latest = await client.responses.inputItems.list(id);
    expect(latest.data.map(textOf)[0]).toMatchObject({ text: "Two" });

    const head = await ask(`/${id}`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(await (await ask(`/${id}`, { method: "DELETE" })).json()).toEqual({ id, object: "response", deleted: true });
    expect(await failureOf(client.responses.retrieve(id))).toMatchObject({ status: 404 });
    expect(await failureOf(client.responses.delete(id))).toMatchObject({ status: 404 });
    expect((await client.responses.retrieve(first.id)).id).toBe(first.id);
  });

  test.each([
    ["a stream of it", "/ID?stream=true", "stream"],
    ["an order that is none", "/ID/input_items?order=random", "order"],
    ["a page that is too long", "/ID/input_items?limit=101", "limit"],
    ["what comes after nothing", "/ID/input_items?after=msg_none", "after"],
  ])("but not %s", async (_what, path, param) => {
    const { client, ask } = setUp([{ body: chatAnswer("Hello.") }]);
    const { id } = await client.responses.create({ model: chat, input: "Hi" });
    const answer = await ask(path.replace("ID", id));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { param } });
  });

  test("only with the methods that are there, and by those who are let in", async () => {
    const { gateway, ask } = setUp([]);
    const put = await ask("/resp_1", { method: "PUT" });
    expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, HEAD, DELETE"]);
    expect((await ask("/resp_1/input_items", { method: "DELETE" })).status).toBe(405);
    expect((await ask("/resp_1/cancel", { json: {} })).status).toBe(404);
    const stranger = await gateway.fetch(new Request("http://gateway.test/v1/responses/resp_1"));
    expect(stranger.status).toBe(401);
    for (const [method, path] of [
      ["GET", "/v1/responses/x"],
      ["DELETE", "/v1/responses/x"],
      ["GET", "/v1/responses/x/input_items"],
    ] as const) {
      expect(gateway.answers(method, path)).toBe(true);
    }
  });
});

test.each([
  [{ responses: {} }, "`stores.responses` must have get, set and delete"],
  [{ response: memoryResponseStore() }, "stores() has no option `response`"],
])("stores that cannot be are refused: %j", (stores, message) => {
  expect(() => setUp([], { stores: stores as NonNullable<GatewayOptions["stores"]> })).toThrow(message);
});

describe.skipIf(!present)("recorded streams (skipped where they are absent)", () => {
  const found = soundAnswers("openai-responses").filter(({ isStream }) => isStream);

  test.each(named(found))("%s is kept as its client was told it", async (_, { body }) => {
    const { ask } = setUp([{ body: [body.toString()] }]);
    const text = await (await ask("", { json: { model: native, input: "Hi", stream: true } })).text().catch(() => "");
    const ends = text
      .split(/\r?\n/)
      .filter((line) => /^data: ?\{.*"type": ?"response\.(completed|incomplete)"/.test(line));
    if (ends.length === 0) return;
    const { response: told } = JSON.parse(ends[0]?.slice("data:".length) ?? "") as { response: { id: string } };
    expect(await (await ask(`/${told.id}`)).json()).toEqual({ ...told, store: true });
  });
});
