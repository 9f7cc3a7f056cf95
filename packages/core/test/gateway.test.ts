import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  allowAnyone,
  anthropic,
  collect,
  createGateway,
  events,
  guardrail,
  memoryLedger,
  openai,
  UpstreamError,
  type GatewayOptions,
} from "../src/index.ts";
import { createFakeClock, createFakeTransport, type FakeAnswer } from "../src/testing/index.ts";
import type { TransportRequest } from "../src/transport/transport.ts";
import { chatAnswer, chatChunk, chatStream, messagesAnswer, messagesStream } from "../src/testing/wire.ts";

type Respond = (request: TransportRequest, index: number) => FakeAnswer | Promise<FakeAnswer>;

const setUp = (respond: Respond, options: GatewayOptions = {}, who: "anyone" | "environment" = "anyone") => {
  const transport = createFakeTransport(respond);
  const clock = createFakeClock();
  const ledger = memoryLedger();
  const warnings: string[] = [];
  const note = (message: string): void => void warnings.push(message);
  const gateway = createGateway({
    providers: [openai({ apiKey: "sk-openai" }), anthropic({ apiKey: "sk-anthropic" })],
    models: { fast: ["openai/gpt-5-mini", "anthropic/claude-haiku-4-5"] },
    ...(who === "anyone" ? { authenticate: allowAnyone() } : {}),
    transport,
    clock,
    random: () => 0.5,
    stores: { ledger },
    logger: { debug: () => {}, info: () => {}, warn: note, error: note },
    ...options,
  });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    gateway.fetch(
      new Request(`http://gateway.test${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    );
  return { gateway, transport, clock, ledger, warnings, post };
};

const chat = { model: "openai/gpt-5-mini", messages: [{ role: "user", content: "Hello" }] };
const sent = (request: TransportRequest | undefined): string => Buffer.from(request?.body ?? "").toString();

describe("fidelity", () => {
  test("a request that nobody changed is sent byte for byte, but for the model's name", async () => {
    const body = `{ "messages" : [ {"role":"user","content":"H\\u00e9llo"} ],\n "model":"openai/gpt-5-mini", "some_new_field": {"z":1,"a":[1.0]} }`;
    const { transport, post } = setUp(() => ({ body: chatAnswer("Hi") }));
    await post("/v1/chat/completions", body);
    expect(sent(transport.requests[0])).toBe(body.replace("openai/gpt-5-mini", "gpt-5-mini"));
  });

  test("a whole answer that nobody changed comes back byte for byte", async () => {
    const body = JSON.stringify(chatAnswer("Hi", { some_new_field: { z: 1 } }), null, 3);
    const { post } = setUp(() => ({ body }));
    expect(await (await post("/v1/chat/completions", chat)).text()).toBe(body);
  });

  test("a stream that nobody changed comes back byte for byte, comments and unknown fields included", async () => {
    const frames = [": hello\n\n", ...chatStream("Hel", "lo"), chatChunk({ content: "never" })];
    frames.splice(2, 0, chatChunk({ content: "x" }, null, { obfuscation: "abc", brand_new: true }));
    const { post } = setUp(() => ({ body: frames }));
    const response = await post("/v1/chat/completions", {
      ...chat,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(await response.text()).toBe(frames.slice(0, -1).join(""));
  });

  test("asks for usage on its own behalf, and hides it from a client that did not", async () => {
    const { transport, ledger, post } = setUp(() => ({ body: chatStream("Hi") }));
    const text = await (await post("/v1/chat/completions", { ...chat, stream: true })).text();
    expect(JSON.parse(sent(transport.requests[0]))).toMatchObject({ stream_options: { include_usage: true } });
    expect(text).not.toContain("prompt_tokens");
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
    expect(ledger.rows()[0]?.usage).toMatchObject({ inputTokens: 10, outputTokens: 5 });
  });

  test("the anthropic dialect passes through its own front the same way", async () => {
    const frames = messagesStream("Hel", "lo");
    const { transport, post } = setUp(() => ({ body: frames }));
    const body =
      '{"model":"anthropic/claude-haiku-4-5","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Hi"}],"new":1}';
    expect(await (await post("/v1/messages", body)).text()).toBe(frames.join(""));
    expect(sent(transport.requests[0])).toBe(body.replace("anthropic/", ""));
  });

  test("a rewritten text is encoded anew and the rest of the stream passes", async () => {
    const frames = chatStream("Mail ", "ada@example.org", " now");
    const { post } = setUp(() => ({ body: frames }), {
      stages: (defaults) => defaults.map((stage) => (stage.name === "guardrail" ? redactMail() : stage)),
    });
    const text = await (await post("/v1/chat/completions", { ...chat, stream: true })).text();
    expect(text).toContain("[EMAIL]");
    expect(text).not.toContain("ada@example.org");
    expect(text).toContain(frames[0]);
  });
});

const redactMail = () =>
  guardrail({
    rules: [
      {
        name: "mail",
        action: "redact",
        maxMatchLength: 64,
        find: (text) =>
          [...text.matchAll(/\w{1,20}@[\w.]{1,40}/g)].map((match) => ({
            start: match.index,
            end: match.index + match[0].length,
            category: "email",
          })),
      },
    ],
  });

describe("translation", () => {
  test("a chat client gets a whole answer from Anthropic", async () => {
    const { transport, post } = setUp(() => ({ body: messagesAnswer("Bonjour") }));
    const response = await post("/v1/chat/completions", { ...chat, model: "anthropic/claude-haiku-4-5" });
    expect(await response.json()).toMatchObject({
      object: "chat.completion",
      choices: [{ message: { content: "Bonjour" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 10, completion_tokens: 5 },
    });
    expect(transport.requests[0]).toMatchObject({
      url: "https://api.anthropic.com/v1/messages",
      headers: { "x-api-key": "sk-anthropic", "anthropic-version": "2023-06-01" },
    });
  });

  test("a messages client gets a stream from OpenAI", async () => {
    const { post } = setUp(() => ({ body: chatStream("Bon", "jour") }));
    const response = await post("/v1/messages", {
      model: "openai/gpt-5-mini",
      max_tokens: 9,
      stream: true,
      messages: [{ role: "user", content: "Hi" }],
    });
    const text = await response.text();
    const types = [...text.matchAll(/^event: (\w+)$/gm)].map((match) => match[1]);
    expect(types.filter((type) => type !== "ping")).toEqual([
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
  });

  test("what the target lacks is left out and named", async () => {
    const { transport, post } = setUp(() => ({ body: messagesAnswer("Hi") }));
    const response = await post("/v1/chat/completions", { ...chat, model: "anthropic/claude-haiku-4-5", seed: 7 });
    expect(response.headers.get("x-llm-gateway-dropped")).toBe("seed");
    expect(sent(transport.requests[0])).not.toContain("seed");
  });

  test("what would change the meaning of the answer is refused", async () => {
    const { transport, post } = setUp(() => ({ body: messagesAnswer("Hi") }));
    const response = await post("/v1/chat/completions", { ...chat, model: "anthropic/claude-haiku-4-5", n: 3 });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: "unsupported_parameter", param: "n" } });
    expect(transport.requests).toHaveLength(0);
  });
});

describe("fallback", () => {
  test.each<[string, () => FakeAnswer | Promise<FakeAnswer>]>([
    ["answers 503", () => ({ status: 503, body: { error: { message: "busy" } } })],
    ["refuses connections", () => Promise.reject(new UpstreamError("upstream_unreachable", "Refused."))],
    ["stalls", () => new Promise(() => undefined)],
    [
      "breaks before the first content",
      () => ({
        body: [chatChunk({ role: "assistant", content: "" })],
        breaksWith: new UpstreamError("upstream_reset", "Reset."),
      }),
    ],
    ["ends before the first content", () => ({ body: [chatChunk({ role: "assistant", content: "" })] })],
    [
      "answers with an error inside a 200",
      () => ({ body: ['data: {"error":{"message":"no","code":"server_error"}}\n\n'] }),
    ],
    ["answers with HTML", () => ({ headers: { "content-type": "text/html" }, body: "<h1>Bad gateway</h1>" })],
  ])("the second target answers when the first %s, and the client notices only the headers", async (_, fail) => {
    const { clock, post } = setUp((request) =>
      request.url.includes("openai") ? fail() : { body: messagesStream("From ", "Claude") },
    );
    const pending = post("/v1/chat/completions", { ...chat, model: "fast", stream: true }).then(async (response) => {
      expect(response.status).toBe(200);
      return await response.text();
    });
    await clock.advance(90_000);
    const text = await pending;
    expect(text).toContain('"content":"From "');
    expect(text).toContain('"content":"Claude"');
    expect(text).not.toContain("error");
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
  });

  test("the headers tell who answered after how many calls", async () => {
    const { clock, post } = setUp((request) =>
      request.url.includes("openai") ? { status: 401, body: {} } : { body: messagesAnswer("Hi") },
    );
    const pending = post("/v1/chat/completions", { ...chat, model: "fast" });
    await clock.advance(1_000);
    const { headers } = await pending;
    expect(headers.get("x-llm-gateway-target")).toBe("anthropic/claude-haiku-4-5");
    expect(headers.get("x-llm-gateway-attempts")).toBe("2");
    expect(headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{24}$/);
    expect(Number(headers.get("x-llm-gateway-cost"))).toBeGreaterThan(0);
  });

  test("what a target that failed would have dropped is not told", async () => {
    const { clock, post } = setUp((request) =>
      request.url.includes("anthropic") ? { status: 401, body: {} } : { body: chatAnswer("Hi") },
    );
    const models = ["openai/gpt-5-mini"];
    const pending = post("/v1/chat/completions", { ...chat, model: "anthropic/claude-haiku-4-5", models, seed: 1 });
    await clock.advance(1_000);
    const { headers } = await pending;
    expect(headers.get("x-llm-gateway-target")).toBe("openai/gpt-5-mini");
    expect(headers.get("x-llm-gateway-dropped")).toBeNull();
  });

  test("no cost is told where no price is known", async () => {
    const { post } = setUp(() => ({ body: chatAnswer("Hi") }));
    const { status, headers } = await post("/v1/chat/completions", { ...chat, model: "openai/of-tomorrow" });
    expect(status).toBe(200);
    expect(headers.get("x-llm-gateway-cost")).toBeNull();
  });
});

describe("broken streams", () => {
  const cut =
    (breaksWith?: Error): Respond =>
    () => ({ body: chatStream("Hel", "lo").slice(0, 3), ...(breaksWith === undefined ? {} : { breaksWith }) });

  test.each([
    ["ends early", undefined],
    ["breaks", new UpstreamError("upstream_reset", "Reset.")],
  ])("a stream that %s after content ends in an error chunk and a broken connection", async (_, breaksWith) => {
    const { post } = setUp(cut(breaksWith));
    const response = await post("/v1/chat/completions", { ...chat, stream: true });
    expect(response.status).toBe(200);
    const seen: string[] = [];
    const reading = (async () => {
      for await (const chunk of response.body ?? []) seen.push(Buffer.from(chunk).toString());
    })();
    await expect(reading).rejects.toThrow("The answer broke off.");
    const text = seen.join("");
    expect(text).toContain('"code":"upstream_stream_truncated"');
    expect(text).toContain('"finish_reason":"error"');
    expect(text).not.toContain("[DONE]");
  });

  test("an Anthropic client is told by an error event and no message_stop", async () => {
    const { post } = setUp(() => ({ body: messagesStream("Hel", "lo").slice(0, 4) }));
    const response = await post("/v1/messages", {
      model: "anthropic/claude-haiku-4-5",
      max_tokens: 9,
      stream: true,
      messages: [{ role: "user", content: "Hi" }],
    });
    const seen: string[] = [];
    await expect(
      (async () => {
        for await (const chunk of response.body ?? []) seen.push(Buffer.from(chunk).toString());
      })(),
    ).rejects.toThrow("The answer broke off.");
    expect(seen.join("")).toMatch(/event: error\ndata: \{"type":"error"/);
    expect(seen.join("")).not.toContain("message_stop");
  });

  test("a whole answer that is cut is a 502, never half an answer", async () => {
    const { clock, post } = setUp(() => ({ body: JSON.stringify(chatAnswer("Hi")).slice(0, 90) }));
    const pending = post("/v1/chat/completions", chat);
    await clock.advance(30_000);
    expect((await pending).status).toBe(502);
  });
});

describe("bad input", () => {
  test.each<[string, unknown, number, string]>([
    ["malformed JSON", "{", 400, "invalid_json"],
    ["JSON that is no object", "[]", 400, "invalid_value"],
    ["no model", { messages: [] }, 400, "invalid_value"],
    ["a model of the wrong type", { ...chat, model: 7 }, 400, "invalid_value"],
    ["messages of the wrong type", { ...chat, messages: "Hello" }, 400, "invalid_value"],
    ["an unknown role", { ...chat, messages: [{ role: "boss", content: "Hi" }] }, 400, "invalid_value"],
    ["no messages", { ...chat, messages: [] }, 400, "invalid_value"],
    ["a temperature of the wrong type", { ...chat, temperature: "hot" }, 400, "invalid_value"],
    ["an unknown model", { ...chat, model: "gpt-nowhere" }, 404, "model_not_found"],
    ["an unknown provider", { ...chat, model: "nobody/gpt" }, 404, "model_not_found"],
    ["a model name with a prototype in it", { ...chat, model: "__proto__" }, 404, "model_not_found"],
    ["too many choices", { ...chat, n: 1000 }, 400, "invalid_value"],
    ["an API key of the client's choice", { ...chat, api_key: "sk-stolen" }, 400, "invalid_value"],
    ["too deep JSON", `{"model":"openai/a","messages":${"[".repeat(100)}${"]".repeat(100)}}`, 400, "invalid_value"],
    [
      "too many keys",
      { ...chat, metadata: Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`k${i}`, "v"])) },
      400,
      "invalid_value",
    ],
  ])("%s is answered in the dialect's own shape", async (_, body, status, code) => {
    const { transport, post } = setUp(() => ({ body: chatAnswer("Hi") }));
    const response = await post("/v1/chat/completions", body);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: { code: string; message: string; type: string } };
    expect(error).toMatchObject({ code, type: "invalid_request_error" });
    expect(error.message.length).toBeGreaterThan(20);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(transport.requests).toHaveLength(0);
  });

  test("an Anthropic client gets errors in Anthropic's shape", async () => {
    const { post } = setUp(() => ({ body: {} }));
    const response = await post("/v1/messages", { model: "anthropic/claude-haiku-4-5", messages: [] });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
  });

  test("a body over the limit is refused before it is kept", async () => {
    const { post } = setUp(() => ({ body: {} }), { limits: { maxBodyBytes: 1_000 } });
    const response = await post("/v1/chat/completions", { ...chat, user: "x".repeat(1_000) });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { code: "request_too_large" } });
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", ""])(
    "a content type of %j is refused",
    async (type) => {
      const { post } = setUp(() => ({ body: {} }));
      expect((await post("/v1/chat/completions", chat, { "content-type": type })).status).toBe(415);
    },
  );

  test("without any provider the answer says how to configure one", async () => {
    const { post } = setUp(() => ({ body: {} }), { providers: [], models: {} });
    const response = await post("/v1/chat/completions", { ...chat, model: "gpt-5" });
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("OPENAI_API_KEY");
  });

  test("what a provider wrote in its error stays inside, unless the operator lets it out", async () => {
    const respond: Respond = () => ({ status: 400, body: { error: { message: "the secret prompt", code: "x" } } });
    const closed = await setUp(respond).post("/v1/chat/completions", chat);
    expect(closed.status).toBe(400);
    expect(await closed.text()).not.toContain("the secret prompt");
    const open = await setUp(respond, { exposeUpstreamErrors: true }).post("/v1/chat/completions", chat);
    expect(await open.text()).toContain("the secret prompt");
  });
});

describe("options", () => {
  test.each<[string, object, string]>([
    ["an unknown option", { provider: [] }, "createGateway() has no option `provider`"],
    ["a limit of zero", { limits: { maxBodyBytes: 0 } }, "`limits.maxBodyBytes`"],
    ["a negative timeout", { timeouts: { idleMs: -1 } }, "`timeouts.idleMs`"],
    ["an unknown timeout", { timeouts: { idle: 1 } }, "`idle`"],
    ["stages that are none", { stages: [{ name: "x" }] }, "`stages[0]`"],
    ["a policy that does not exist", { unsupported: "ignore" }, "`unsupported` must be one of"],
    ["a model that names an unknown provider", { models: { fast: ["nobody/x"] } }, "nobody"],
    ["two providers of one id", { providers: [openai({ apiKey: "a" }), openai({ apiKey: "b" })] }, "openai"],
    ["an authenticate that is no function", { authenticate: "key" }, "`authenticate` must be a function"],
  ])("%s is a TypeError that names it", (_, options, message) => {
    expect(() => createGateway(options)).toThrow(TypeError);
    expect(() => createGateway({ providers: [openai({ apiKey: "k" })], ...options })).toThrow(message);
  });
});

describe("in process", () => {
  test("chat() answers without any HTTP shape", async () => {
    const { gateway, ledger } = setUp(() => ({ body: chatAnswer("Hi") }));
    const reply = await gateway.chat(
      { model: "fast", messages: [{ role: "user", content: "Hello" }] },
      { principal: { id: "ada" } },
    );
    expect((await collect(reply)).text).toBe("Hi");
    expect(ledger.rows()[0]).toMatchObject({ principal: "ada", target: "openai/gpt-5-mini" });
  });

  test("chat() stops the provider when its caller stops reading", async () => {
    const { gateway, transport } = setUp(() => ({ body: chatStream("a", "b", "c") }));
    const reply = await gateway.chat({ model: "fast", stream: true, messages: [{ role: "user", content: "Hello" }] });
    for await (const event of events(reply)) if (event.type === "text-delta") break;
    expect(transport.closedEarly()).toBe(1);
  });

  test("chat() stops when its signal is aborted", async () => {
    const { gateway, clock } = setUp(() => new Promise(() => undefined));
    const controller = new AbortController();
    const reply = gateway.chat(
      { model: "fast", messages: [{ role: "user", content: "Hello" }] },
      { signal: controller.signal },
    );
    await clock.advance(0);
    controller.abort();
    await expect(reply).rejects.toMatchObject({ code: "client_closed" });
    expect(clock.pendingTimers()).toBe(0);
  });

  test("fetchAs() asks in a principal's name without a socket", async () => {
    const { gateway, ledger } = setUp(() => ({ body: chatAnswer("Hi") }), { authenticate: () => null });
    const response = await gateway.fetchAs({ id: "job" })("https://api.openai.com/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(chat),
    });
    expect(response.status).toBe(200);
    expect(ledger.rows()[0]?.principal).toBe("job");
  });
});

describe("shutdown", () => {
  test("close() refuses new requests, waits for those under way, then cuts them off", async () => {
    const { gateway, clock, post } = setUp(() => new Promise(() => undefined));
    const pending = post("/v1/chat/completions", chat);
    await clock.advance(0);
    const closed = gateway.close({ drainMs: 5_000 });
    const refused = await post("/v1/chat/completions", chat);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ error: { code: "shutting_down" } });
    await clock.advance(5_000);
    expect((await pending).status).toBe(503);
    await closed;
    await gateway.close();
  });
});

describe("who may call", () => {
  const withKeys = (value: string | undefined): ReturnType<typeof setUp> => {
    vi.stubEnv("LLM_GATEWAY_KEYS", value);
    onTestFinished(() => void vi.unstubAllEnvs());
    return setUp(() => ({ body: chatAnswer("Hi") }), {}, "environment");
  };

  test("the keys of the environment, however the client's SDK sends them", async () => {
    const { post } = withKeys("first-key, second-key");
    for (const headers of [
      { authorization: "Bearer second-key" },
      { "x-api-key": "first-key" },
      { "x-goog-api-key": "first-key" },
    ]) {
      expect((await post("/v1/chat/completions", chat, headers)).status).toBe(200);
    }
    expect((await post("/v1/chat/completions?key=first-key", chat)).status).toBe(200);
    for (const key of ["first-ke", "first-key2", "FIRST-KEY", "first-key,second-key", "x"]) {
      const response = await post("/v1/chat/completions", chat, { authorization: `Bearer ${key}` });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ error: { code: "invalid_api_key", type: "authentication_error" } });
    }
    expect((await post("/v1/chat/completions", chat)).status).toBe(401);
  });

  test("nobody through a door that does not know its peer, while nothing decides", async () => {
    const { post, warnings } = withKeys(undefined);
    const response = await post("/v1/chat/completions", chat);
    expect(response.status).toBe(401);
    expect(await response.text()).toContain("LLM_GATEWAY_KEYS");
    expect(warnings).toHaveLength(1);
  });

  test("an authenticate that fails closes the gateway", async () => {
    const { post } = setUp(() => ({ body: chatAnswer("Hi") }), {
      authenticate: () => {
        throw new Error("database down");
      },
    });
    const response = await post("/v1/chat/completions", chat);
    expect(response.status).toBe(503);
    expect(await response.text()).not.toContain("database");
  });
});

describe("models and health", () => {
  test("GET /v1/models lists names and models with prices", async () => {
    const { gateway } = setUp(() => ({ body: {} }));
    const body = (await (await gateway.fetch(new Request("http://gateway.test/v1/models"))).json()) as {
      data: { id: string; pricing?: object }[];
    };
    expect(body.data[0]?.id).toBe("fast");
    expect(body.data.find(({ id }) => id === "openai/gpt-5-mini")?.pricing).toMatchObject({ prompt: "0.00000025" });
    const one = await gateway.fetch(new Request("http://gateway.test/v1/models/openai%2Fgpt-5-mini"));
    expect(await one.json()).toMatchObject({ id: "openai/gpt-5-mini", object: "model" });
  });

  test("GET /v1/health tells the state of targets and calls nobody", async () => {
    const { gateway, transport } = setUp(() => ({ body: {} }));
    const response = await gateway.fetch(new Request("http://gateway.test/v1/health"));
    expect(await response.json()).toEqual({ status: "ok", providers: ["openai", "anthropic"], targets: [] });
    expect(transport.requests).toHaveLength(0);
  });

  test("other paths and methods are told what there is", async () => {
    const { gateway } = setUp(() => ({ body: {} }));
    expect((await gateway.fetch(new Request("http://gateway.test/v1/nothing"))).status).toBe(404);
    expect((await gateway.fetch(new Request("http://gateway.test/v1/chat/completions"))).status).toBe(405);
  });
});
