import { describe, expect, test } from "vitest";
import { anthropic, cache, createGateway, openai, openaiCompatible, type GatewayOptions } from "../src/index.ts";
import { silent } from "../src/testing/adapter/start-host.ts";
import { createFakeTransport, type FakeAnswer } from "../src/testing/index.ts";
import { chatAnswer, messagesAnswer, messagesStream } from "../src/testing/wire.ts";

const setUp = (answer: FakeAnswer, options: GatewayOptions = {}) => {
  const transport = createFakeTransport(() => answer);
  const gateway = createGateway({
    providers: [
      openai({ apiKey: "sk-1" }),
      anthropic({ apiKey: "sk-2" }),
      openaiCompatible({ id: "house", api: "messages", baseURL: "https://house.test/v1" }),
    ],
    models: {
      fast: ["anthropic/claude-haiku-4-5", "openai/gpt-4o"],
      other: ["openai/gpt-4o", "anthropic/claude-haiku-4-5"],
    },
    transport,
    random: () => 0,
    logger: silent,
    ...options,
  });
  const ask = (fields: object = {}, headers: Record<string, string> = {}, path = "/v1/messages"): Promise<Response> =>
    gateway.fetchAs({ id: "ann" })(`http://gateway${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({
        model: "anthropic/claude-haiku-4-5",
        max_tokens: 100,
        messages: [{ role: "user", content: "Hi" }],
        ...fields,
      }),
    });
  const sent = (index = 0): unknown => JSON.parse(Buffer.from(transport.requests[index]?.body ?? "").toString());
  return { ask, transport, sent };
};

const whole = { body: messagesAnswer("Hello") };
const toOpenai = { model: "openai/gpt-4o" };

test("the id of a request is where clients of this dialect look for it, whatever the answer", async () => {
  const idsOf = ({ headers }: Response) => [headers.get("request-id"), headers.get("x-request-id")];
  const answers = [
    await setUp(whole).ask(),
    await setUp({ body: messagesStream("Hello") }).ask({ stream: true }),
    await setUp({ status: 400, body: {} }).ask(),
    await setUp({ body: { input_tokens: 3 } }).ask({}, {}, "/v1/messages/count_tokens"),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 400, 200]);
  for (const [own, ours] of answers.map(idsOf)) {
    expect(own).toMatch(/^req_/u);
    expect(own).toBe(ours);
  }
});

describe("features that a header switches on", () => {
  const beta = { "anthropic-beta": "a-2026-01-01, b-2026-02-02" };

  test("are switched on at a provider of the same dialect, beside those of the operator", async () => {
    const { ask, transport } = setUp(whole);
    expect((await ask({}, beta)).headers.get("x-llm-gateway-dropped")).toBeNull();
    expect(transport.requests[0]?.headers).toMatchObject(beta);
    const operators = anthropic({ apiKey: "sk-2", headers: { "Anthropic-Beta": "c-2026-03-03" } });
    const other = setUp(whole, { providers: [openai({ apiKey: "sk-1" }), operators] });
    await other.ask();
    await other.ask({}, beta);
    expect(other.transport.requests.map(({ headers }) => headers["anthropic-beta"])).toEqual([
      "c-2026-03-03",
      "a-2026-01-01, b-2026-02-02,c-2026-03-03",
    ]);
  });

  test("are switched on where tokens are counted, too", async () => {
    const { ask, transport } = setUp({ body: { input_tokens: 3 } });
    await ask({}, beta, "/v1/messages/count_tokens");
    expect(transport.requests[0]?.headers).toMatchObject(beta);
  });

  test("are named as lost at others", async () => {
    const { ask, transport } = setUp({ body: chatAnswer("Hello") });
    expect((await ask(toOpenai, beta)).headers.get("x-llm-gateway-dropped")).toBe("anthropic-beta");
    expect(transport.requests[0]?.headers).not.toHaveProperty("anthropic-beta");
  });

  test("are words", async () => {
    const { ask, transport } = setUp(whole);
    const answer = await ask({}, { "anthropic-beta": "a;b" });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { message: expect.stringContaining("anthropic-beta") } });
    expect(transport.requests).toHaveLength(0);
  });

  test("make another request of it for the cache", async () => {
    const keep = cache({ ttlMs: 60_000 });
    const { ask } = setUp(whole, {
      stages: (defaults) => defaults.map((stage) => (stage.name === "cache" ? keep : stage)),
    });
    const resultOf = async (headers: Record<string, string> = {}) =>
      (await ask({}, headers)).headers.get("x-llm-gateway-cache");
    expect([await resultOf(), await resultOf(), await resultOf(beta)]).toEqual(["miss", "hit", "miss"]);
  });
});

describe("a thread", () => {
  const create = { thread: { type: "create" } };
  const goOn = { thread: { type: "continue", previous_message_id: "msg_0" } };

  test.each(["anthropic/claude-haiku-4-5", "house/m"])(
    "that begins is asked of %s as any request, and named as lost with its beta",
    async (model) => {
      const { ask, transport, sent } = setUp(whole);
      const betas = { "anthropic-beta": "message-threads-2026-08-12, other-2026-01-01" };
      const answer = await ask({ model, brand_new: 1, ...create }, betas);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("x-llm-gateway-dropped")).toBe("thread");
      expect(sent()).toMatchObject({ brand_new: 1 });
      expect(sent()).not.toHaveProperty("thread");
      expect(transport.requests[0]?.headers["anthropic-beta"]).toBe("other-2026-01-01");
    },
  );

  test("that begins is asked of servers of other dialects, too", async () => {
    const answer = await setUp({ body: chatAnswer("Hello") }).ask({ ...toOpenai, ...create });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-llm-gateway-dropped")).toBe("thread");
  });

  test.each(["anthropic/claude-haiku-4-5", "openai/gpt-4o"])(
    "to go on with is not known to %s: the client is told so in the words on which it sends the whole of it",
    async (model) => {
      const { ask, transport } = setUp(whole);
      for (const messages of [[], [{ role: "user", content: "And?" }]]) {
        const answer = await ask({ model, ...goOn, messages });
        expect(answer.status).toBe(404);
        expect(answer.headers.get("x-should-retry")).toBe("false");
        expect(await answer.json()).toMatchObject({
          error: { type: "not_found_error", details: { error_code: "thread_not_found" } },
        });
      }
      expect(transport.requests).toHaveLength(0);
    },
  );

  test("that nobody may drop is refused in the words on which a client does without", async () => {
    const answer = await setUp(whole, { unsupported: "refuse" }).ask(create);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      error: { details: { error_code: "thread_unsupported_request", unsupported: ["thread"] } },
    });
  });

  test("needs messages when it begins", async () => {
    expect((await setUp(whole).ask({ ...create, messages: [] })).status).toBe(400);
  });
});

test("other codes of a provider are not passed on", async () => {
  const error = { type: "invalid_request_error", message: "x", details: { error_code: "house_secret" } };
  const answer = await setUp({ status: 400, body: { type: "error", error } }).ask();
  expect(await answer.text()).not.toContain("house_secret");
});

describe("models", () => {
  const look = async (path: string): Promise<Response> => {
    const gateway = createGateway({ providers: [anthropic({ apiKey: "sk-2" })], logger: silent });
    return gateway.fetchAs({ id: "ann" })(`http://gateway${path}`, { headers: { "anthropic-version": "2023-06-01" } });
  };

  test("are listed and shown to clients of this dialect as they know them", async () => {
    // Looked into below.
    const list = (await (await look("/v1/models?limit=20")).json()) as { readonly data: readonly unknown[] };
    expect(list).toMatchObject({ has_more: false, first_id: expect.any(String), last_id: expect.any(String) });
    const one = await (await look("/v1/models/anthropic%2Fclaude-haiku-4-5")).json();
    expect(list.data).toContainEqual(one);
    expect(one).toMatchObject({
      type: "model",
      id: "anthropic/claude-haiku-4-5",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/u),
      max_input_tokens: expect.any(Number),
    });
  });

  test("that are not there are told so in this dialect", async () => {
    const answer = await look("/v1/models/nobody%2Fm");
    expect(answer.status).toBe(404);
    expect(answer.headers.get("request-id")).toMatch(/^req_/u);
    expect(await answer.json()).toMatchObject({ type: "error", error: { type: "not_found_error" } });
  });
});
