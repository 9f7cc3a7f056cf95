import { metrics } from "@opentelemetry/api";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  cache,
  defineStage,
  denyPatterns,
  gemini,
  guardrail,
  openai,
  openaiCompatible,
  pii,
  UpstreamError,
  type GatewayOptions,
} from "../../src/index.ts";
import { createFakeClock } from "../../src/testing/index.ts";
import {
  chatAnswer,
  chatChunk,
  chatStream,
  chatUsage,
  messagesAnswer,
  messagesStream,
} from "../../src/testing/wire.ts";
import { registerMeterRecorder } from "./meter-recorder.ts";
import { byProvider, createPacedTransport, hang, read, setUp, withStage } from "./set-up.ts";
import { useTraces } from "./traces.ts";

const traces = useTraces();

const cost = { "llm_gateway.cost.amount": 0.0000125, "llm_gateway.cost.currency": "USD" };

describe("the gateway span", () => {
  test("of a whole answer", async () => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), {
      authenticate: () => ({ id: "ada", tenant: "acme" }),
    });
    await ask();
    expect(traces.gateway().attributes).toEqual({
      "llm_gateway.request.id": "req_800800800800800800800800",
      "llm_gateway.operation": "chat",
      "llm_gateway.dialect": "openai.chat",
      "llm_gateway.request.model": "fast",
      "llm_gateway.request.stream": false,
      "llm_gateway.tenant": "acme",
      "user.id": "ada",
      "llm_gateway.outcome": "ok",
      "llm_gateway.target": "openai/gpt-5-mini",
      "llm_gateway.attempt.count": 1,
      "llm_gateway.fallback.count": 0,
      "llm_gateway.usage.input_tokens": 10,
      "llm_gateway.usage.output_tokens": 5,
      ...cost,
      "llm_gateway.time_to_first_chunk": 0,
      "http.response.status_code": 200,
      "http.request.method": "POST",
      "http.route": "/v1/chat/completions",
      "url.path": "/v1/chat/completions",
      "url.scheme": "http",
    });
  });

  test("knows what samplers decide by from the beginning", async () => {
    const { gateway, clock } = setUp(hang);
    const leave = new AbortController();
    const reply = gateway.chat(
      { model: "fast", messages: [{ role: "user", content: "Hi" }] },
      { signal: leave.signal },
    );
    reply.catch(() => undefined);
    expect(traces.attributesAtStart("llm_gateway chat")).toEqual([
      "llm_gateway.request.id",
      "llm_gateway.operation",
      "llm_gateway.dialect",
      "llm_gateway.request.model",
      "llm_gateway.request.stream",
    ]);
    await clock.advance(0);
    expect(traces.attributesAtStart("chat gpt-5-mini")).toEqual(
      expect.arrayContaining([
        "gen_ai.operation.name",
        "gen_ai.provider.name",
        "gen_ai.request.model",
        "server.address",
        "server.port",
      ]),
    );
    expect(traces.attributesAtStart("POST").toSorted()).toEqual([
      "http.request.method",
      "server.address",
      "server.port",
      "url.full",
    ]);
    expect(traces.attributesAtStart("llm_gateway.stage route")).toEqual([
      "llm_gateway.stage.name",
      "llm_gateway.stage.phase",
      "llm_gateway.stage.index",
    ]);
    leave.abort();
    await expect(reply).rejects.toThrow("aborted");
  });

  test("of a fallback counts calls and targets", async () => {
    const { ask } = setUp(byProvider("openai", { status: 503, body: {} }, { body: messagesStream("Hi") }));
    await ask({ stream: true });
    expect(traces.gateway().attributes).toMatchObject({
      "llm_gateway.request.stream": true,
      "llm_gateway.target": "anthropic/claude-haiku-4-5",
      "llm_gateway.attempt.count": 3,
      "llm_gateway.fallback.count": 1,
    });
  });

  test.each([
    ["ok", 200, {}],
    ["rejected", 404, { model: "nobody/knows" }],
    ["blocked", 400, { messages: [{ role: "user", content: "falcon" }] }],
  ])("says how it ended: %s", async (outcome, status, body) => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), {
      stages: withStage(guardrail({ rules: [denyPatterns({ patterns: ["falcon"] })] })),
    });
    await ask(body);
    const { attributes } = traces.gateway();
    expect(attributes).toMatchObject({ "llm_gateway.outcome": outcome, "http.response.status_code": status });
    expect(attributes).not.toHaveProperty("error.type");
  });

  test("of a request in another dialect", async () => {
    const { gateway } = setUp(() => ({ body: messagesAnswer("Hi") }));
    const body = { model: "anthropic/claude-haiku-4-5", max_tokens: 9, messages: [{ role: "user", content: "Hi" }] };
    const headers = { "content-type": "application/json" };
    const url = "http://gateway.test/v1/messages";
    await read(await gateway.fetch(new Request(url, { method: "POST", headers, body: JSON.stringify(body) })));
    expect(traces.gateway().attributes).toMatchObject({
      "llm_gateway.dialect": "anthropic.messages",
      "http.route": "/v1/messages",
    });
  });
});

test("the time to the first chunk is the request's for the gateway, and the winning call's for the inference", async () => {
  const clock = createFakeClock();
  const streams = createPacedTransport(clock, 200, [
    [100, ": a comment is nothing\n\n"],
    [200, chatChunk({ role: "assistant", content: "" })],
    [500, chatChunk({ content: "Hel" })],
    [1_000, chatChunk({ content: "lo" }) + chatChunk({}, "stop") + chatUsage + "data: [DONE]\n\n"],
  ]);
  let calls = 0;
  const transport: typeof streams = {
    ...streams,
    send: (request) =>
      calls++ > 0 ? streams.send(request) : Promise.reject(new UpstreamError("upstream_reset", "Reset.")),
  };
  const { ask } = setUp(hang, { transport }, clock);
  await ask({ stream: true });
  const waited = traces.named("POST")[1]?.attributes["llm_gateway.retry.delay"];
  expect(waited).toBeGreaterThan(0);
  // Who answers shows that it does before it says anything.
  expect(traces.one("chat gpt-5-mini").attributes["gen_ai.response.time_to_first_chunk"]).toBe(0.5);
  expect(traces.gateway().attributes["llm_gateway.time_to_first_chunk"]).toBe(1 + Number(waited));
  for (const name of ["llm_gateway chat", "chat gpt-5-mini"]) {
    expect(traces.one(name).events.map((event) => event.name)).toEqual(["llm_gateway.first_chunk"]);
  }
});

test("neither pings nor an earlier call count for the first chunk", async () => {
  const clock = createFakeClock();
  const [start = "", block = "", text = "", ...end] = messagesStream("Hi");
  const sorry = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Sorry."}}\n\n';
  const broken = createPacedTransport(clock, 0, [[700, start + sorry]]);
  const streams = createPacedTransport(clock, 100, [
    [100, 'event: ping\ndata: {"type":"ping"}\n\n'],
    [300, start],
    [1_000, block + text],
    [1_000, end.join("")],
  ]);
  let calls = 0;
  const transport: typeof streams = { ...streams, send: (request) => (calls++ > 0 ? streams : broken).send(request) };
  const models = { fast: ["anthropic/claude-haiku-4-5"] };
  const { ask } = setUp(hang, { transport, models, timeouts: { idleMs: 60_000 } }, clock);
  await ask({ stream: true });
  expect(calls).toBe(2);
  const { attributes, events } = traces.one("chat claude-haiku-4-5");
  expect(attributes["gen_ai.response.time_to_first_chunk"]).toBe(0.5);
  expect(events.map(({ name }) => name)).toEqual(["llm_gateway.first_chunk"]);
});

test.each([
  {
    operation: "text_completion",
    dialect: "openai.completions",
    path: "/v1/completions",
    kind: "LLM",
    body: { model: "openai/gpt-4o-mini", prompt: "Say hi" },
    wrong: { prompt: 7 },
    answer: chatAnswer("Hi"),
  },
  {
    operation: "embeddings",
    dialect: "openai.embeddings",
    path: "/v1/embeddings",
    kind: "EMBEDDING",
    body: { model: "openai/text-embedding-3-small", input: "Hi" },
    wrong: { input: 7 },
    answer: {
      object: "list",
      model: "text-embedding-3-small",
      data: [{ object: "embedding", index: 0, embedding: [0.5] }],
      usage: { prompt_tokens: 10, total_tokens: 10 },
    },
  },
])("what is asked of the model names spans and metrics: $operation", async (asked) => {
  const { operation, dialect, path, kind, body, wrong, answer } = asked;
  const meters = registerMeterRecorder();
  onTestFinished(() => metrics.disable());
  const { gateway } = setUp(() => ({ body: answer }), { telemetry: { compat: ["langfuse", "openinference"] } });
  const ask = async (more: object): Promise<void> => {
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify({ ...body, ...more }) };
    await read(await gateway.fetch(new Request(`http://gateway.test${path}`, init)));
  };
  await ask({});
  const facts = { "llm_gateway.operation": operation, "llm_gateway.dialect": dialect };
  expect(traces.one(`llm_gateway ${operation}`).attributes).toMatchObject({
    ...facts,
    "langfuse.trace.name": `llm_gateway ${operation}`,
  });
  const [, model] = body.model.split("/");
  expect(traces.one(`${operation} ${model}`).attributes).toMatchObject({
    "gen_ai.operation.name": operation,
    "gen_ai.usage.input_tokens": 10,
    "openinference.span.kind": kind,
  });
  await ask(wrong);
  expect(traces.named(`llm_gateway ${operation}`)[1]?.attributes).toMatchObject({
    ...facts,
    "llm_gateway.outcome": "rejected",
  });
  const told = ["llm_gateway.request.active", "llm_gateway.request.duration", "gen_ai.client.operation.duration"];
  const labels = told.flatMap((name) => meters.of(name).map(([, of]) => Object.values(of)));
  expect(labels).toHaveLength(7);
  for (const values of labels) expect(values).toContain(operation);
});

describe("stages", () => {
  test("say who they are and how they were left", async () => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }));
    await ask();
    const names = ["normalize", "guardrail", "cache", "route", "retry", "meter", "translate-stream"];
    for (const [index, name] of names.entries()) {
      for (const { attributes } of traces.named(`llm_gateway.stage ${name}`)) {
        expect(attributes).toMatchObject({
          "llm_gateway.stage.name": name,
          "llm_gateway.stage.index": index,
          "llm_gateway.stage.outcome": "next",
        });
      }
    }
  });

  test("normalize", async () => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }));
    const tool = { type: "function", function: { name: "weather", parameters: { type: "object" } } };
    await ask({
      tools: [tool],
      messages: [
        { role: "user", content: "Hi" },
        { role: "user", content: "there" },
      ],
    });
    expect(traces.stage("normalize", "request").attributes).toMatchObject({
      "llm_gateway.request.messages": 2,
      "llm_gateway.request.tools": 1,
      "llm_gateway.request.estimated_tokens": expect.any(Number),
    });
  });

  test("guardrail and its checks", async () => {
    const { ask } = setUp(() => ({ body: chatAnswer("Write to ada@example.com or eve@example.com.") }), {
      stages: withStage(guardrail({ rules: [pii(), denyPatterns({ name: "project", patterns: ["falcon"] })] })),
    });
    await ask();
    const [pii1, project1, pii2, project2] = traces.spans().filter(({ name }) => name.startsWith("llm_gateway.guard "));
    const nothing = { "llm_gateway.guardrail.verdict": "allow", "llm_gateway.guardrail.findings": 0 };
    const input = { ...nothing, "llm_gateway.guardrail.direction": "input" };
    const output = { ...nothing, "llm_gateway.guardrail.direction": "output" };
    const found = {
      "llm_gateway.guardrail.verdict": "redact",
      "llm_gateway.guardrail.findings": 2,
      "llm_gateway.guardrail.categories": ["email"],
    };
    expect([pii1, project1, pii2, project2].map((span) => span?.attributes)).toEqual([
      { "llm_gateway.guardrail.name": "pii", ...input },
      { "llm_gateway.guardrail.name": "project", ...input },
      { "llm_gateway.guardrail.name": "pii", ...output, ...found },
      { "llm_gateway.guardrail.name": "project", ...output },
    ]);
    expect(traces.stage("guardrail", "request").attributes).toMatchObject({
      "llm_gateway.guardrail.direction": "input",
      "llm_gateway.guardrail.verdict": "allow",
    });
    expect(traces.stage("guardrail", "stream").attributes).toMatchObject({
      "llm_gateway.guardrail.direction": "output",
      ...found,
    });
  });

  test("a check begins when there is something to look through", async () => {
    const slow = defineStage("slow", async ({ clock }, next) => {
      const reply = await next();
      await clock.sleep(5_000);
      return reply;
    });
    const { ask } = setUp(() => ({ body: chatStream("Hi") }), {
      stages: (defaults) => [slow, ...withStage(guardrail({ rules: [pii()] }))(defaults)],
    });
    await ask({ stream: true });
    const began = traces.named("llm_gateway.guard pii").map(({ startTime: [seconds] }) => seconds);
    expect(began).toEqual([Date.UTC(2026, 0, 1) / 1_000, Date.UTC(2026, 0, 1) / 1_000 + 5]);
  });

  test("a guardrail that blocks went no further", async () => {
    const { ask } = setUp(hang, {
      stages: withStage(guardrail({ rules: [denyPatterns({ patterns: ["falcon"] })] })),
    });
    await ask({ messages: [{ role: "user", content: "falcon, falcon" }] });
    expect(traces.stage("guardrail", "request").attributes).toMatchObject({
      "llm_gateway.stage.outcome": "short_circuit",
      "llm_gateway.guardrail.verdict": "block",
      "llm_gateway.guardrail.categories": ["denied"],
    });
  });

  test("cache", async () => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), { stages: withStage(cache({ ttlMs: 1_000_000 })) });
    await ask();
    const key = traces.stage("cache", "request").attributes["llm_gateway.cache.key"];
    expect(key).toMatch(/^[0-9a-f]{12}$/);
    const asked = { "llm_gateway.cache.kind": "exact", "llm_gateway.cache.key": key };
    expect(traces.stage("cache", "request").attributes).toMatchObject({ "llm_gateway.cache.result": "miss", ...asked });
    expect(traces.stage("cache", "stream").attributes).toMatchObject({ "llm_gateway.cache.stored": true });
    expect(traces.gateway().attributes).toMatchObject({ "llm_gateway.cache.result": "miss" });

    traces.clear();
    await ask();
    expect(traces.stage("cache", "request").attributes).toMatchObject({
      "llm_gateway.stage.outcome": "short_circuit",
      "llm_gateway.cache.result": "hit",
      ...asked,
      "llm_gateway.cache.age": 90,
      "llm_gateway.cache.saved_tokens": 15,
    });
    const { attributes } = traces.gateway();
    expect(attributes).toMatchObject({
      "llm_gateway.outcome": "cache_hit",
      "llm_gateway.cache.result": "hit",
      "llm_gateway.attempt.count": 0,
    });
    expect(Object.keys(attributes).filter((name) => /usage|cost|target/.test(name))).toEqual([]);

    traces.clear();
    await ask({}, { headers: { "cache-control": "no-store" } });
    expect(traces.stage("cache", "request").attributes["llm_gateway.cache.result"]).toBe("bypass");
  });

  test("route", async () => {
    const { ask } = setUp(() => ({ body: messagesAnswer("Hi") }));
    await ask({ provider: { ignore: ["openai"] } });
    expect(traces.stage("route", "request").attributes).toMatchObject({
      "llm_gateway.route.name": "fast",
      "llm_gateway.route.strategy": "ordered",
      "llm_gateway.route.targets": ["anthropic/claude-haiku-4-5"],
      "llm_gateway.route.skipped": ["openai/gpt-5-mini:in provider.ignore"],
    });
  });

  test("meter", async () => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }));
    await ask();
    expect(traces.stage("meter", "stream").attributes).toMatchObject({ ...cost, "llm_gateway.cost.source": "local" });
  });

  test("meter, where nobody says what was used nor knows a price", async () => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi", { usage: undefined }) }));
    await ask({ model: "openai/gpt-nobody-knows" });
    const { attributes } = traces.stage("meter", "stream");
    expect(attributes["llm_gateway.usage.estimated"]).toBe(true);
    expect(Object.keys(attributes).filter((name) => name.includes("cost"))).toEqual([]);
  });
});

describe("an inference", () => {
  test("of a whole answer, with all that was asked", async () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 2 },
    };
    const { ask } = setUp(() => ({ body: chatAnswer("{}", { usage }) }));
    await ask({
      model: "openai/gpt-4o-mini",
      max_completion_tokens: 9,
      temperature: 1,
      top_p: 0.5,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      stop: ["END"],
      seed: 7,
      n: 2,
      response_format: { type: "json_object" },
    });
    expect(traces.one("chat gpt-4o-mini").attributes).toEqual({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-4o-mini",
      "server.address": "api.openai.com",
      "server.port": 443,
      "gen_ai.request.max_tokens": 9,
      "gen_ai.request.temperature": 1,
      "gen_ai.request.top_p": 0.5,
      "gen_ai.request.frequency_penalty": 0.1,
      "gen_ai.request.presence_penalty": 0.2,
      "gen_ai.request.stop_sequences": ["END"],
      "gen_ai.request.seed": 7,
      "gen_ai.request.choice.count": 2,
      "gen_ai.output.type": "json",
      "gen_ai.response.id": "chatcmpl-1",
      "gen_ai.response.model": "gpt-test-2026",
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.usage.input_tokens": 10,
      "gen_ai.usage.output_tokens": 5,
      "gen_ai.usage.cache_read.input_tokens": 4,
      "gen_ai.usage.reasoning.output_tokens": 2,
      "llm_gateway.target": "openai/gpt-4o-mini",
      "llm_gateway.attempt.reason": "initial",
      "llm_gateway.cost.amount": 0.0000042,
      "llm_gateway.cost.currency": "USD",
      "llm_gateway.cost.source": "local",
    });
  });

  test("of a stream", async () => {
    const { ask } = setUp(() => ({ body: messagesStream("Hi") }));
    await ask({ model: "anthropic/claude-haiku-4-5", stream: true, top_k: 3 });
    expect(traces.one("chat claude-haiku-4-5").attributes).toMatchObject({
      "gen_ai.provider.name": "anthropic",
      "gen_ai.request.stream": true,
      "gen_ai.response.id": "msg_1",
      "gen_ai.response.model": "claude-test-2026",
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.response.time_to_first_chunk": 0,
      "gen_ai.usage.input_tokens": 10,
      "gen_ai.usage.output_tokens": 5,
      "llm_gateway.cost.amount": 0.000035,
    });
  });

  test("counts cached tokens among those that went in", async () => {
    const usage = { input_tokens: 10, cache_read_input_tokens: 30, cache_creation_input_tokens: 20, output_tokens: 5 };
    const { ask } = setUp(() => ({ body: { ...messagesAnswer("Hi"), usage } }));
    await ask({ model: "anthropic/claude-haiku-4-5" });
    expect(traces.one("chat claude-haiku-4-5").attributes).toMatchObject({
      "gen_ai.usage.input_tokens": 60,
      "gen_ai.usage.cache_read.input_tokens": 30,
      "gen_ai.usage.cache_creation.input_tokens": 20,
    });
  });

  test("says nothing of what goes without saying", async () => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }));
    await ask({ n: 1, stream: false });
    const names = Object.keys(traces.one("chat gpt-5-mini").attributes);
    expect(names.filter((name) => name.startsWith("gen_ai.request."))).toEqual(["gen_ai.request.model"]);
  });

  test("that is a fallback, and the one before it", async () => {
    const { ask } = setUp(byProvider("openai", { status: 401, body: {} }, { body: messagesAnswer("Hi") }));
    await ask();
    expect(traces.one("chat gpt-5-mini").attributes).toMatchObject({
      "llm_gateway.attempt.reason": "initial",
      "error.type": "401",
    });
    const { attributes } = traces.one("chat claude-haiku-4-5");
    expect(attributes).toMatchObject({ "llm_gateway.attempt.reason": "fallback" });
    expect(attributes).not.toHaveProperty("error.type");
  });

  test("of a provider of one's own has its own name, address and port", async () => {
    const house = openaiCompatible({ id: "house-models", baseURL: "http://127.0.0.1:8000/v1", apiKey: "k" });
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), { providers: [house], models: {} });
    await ask({ model: "house-models/tiny" });
    expect(traces.one("chat tiny").attributes).toMatchObject({
      "gen_ai.provider.name": "house_models",
      "server.address": "127.0.0.1",
      "server.port": 8000,
    });
  });
});

test("cost is told wherever a provider's answer was counted", async () => {
  const ways: readonly (readonly [string, object, GatewayOptions])[] = [
    ["openai/gpt-5-mini", {}, {}],
    ["openai/gpt-5-mini", { stream: true }, {}],
    ["anthropic/claude-haiku-4-5", {}, {}],
    ["anthropic/claude-haiku-4-5", { stream: true }, {}],
    ["openai/gpt-5-mini", { stream: true }, { stages: withStage(guardrail({ rules: [pii()] })) }],
  ];
  for (const [model, body, options] of ways) {
    const { ask } = setUp(
      byProvider(
        "openai",
        { body: "stream" in body ? chatStream("a", "b") : chatAnswer("ab") },
        { body: "stream" in body ? messagesStream("a", "b") : messagesAnswer("ab") },
      ),
      options,
    );
    traces.clear();
    await ask({ model, ...body });
    const amounts = traces.spans().flatMap(({ attributes }) => attributes["llm_gateway.cost.amount"] ?? []);
    const expected = model.startsWith("openai") ? 0.0000125 : 0.000035;
    // On the gateway span, the inference and the meter.
    expect(amounts).toEqual([expected, expected, expected]);
  }
});

test("a call says where it went, how often and after how long", async () => {
  const { ask } = setUp(
    (_, index) =>
      index === 0
        ? {
            status: 429,
            headers: { "content-type": "application/json", "retry-after": "2", "x-request-id": "up-1" },
            body: {},
          }
        : { headers: { "content-type": "application/json", "x-request-id": "up-2" }, body: chatAnswer("Hi") },
    { providers: [openai({ apiKey: "k", baseURL: "https://eu.example.com:8443/v1" })], models: {} },
  );
  await ask({ model: "openai/gpt-5-mini" });
  const [first, second] = traces.named("POST");
  const everyCall = {
    "http.request.method": "POST",
    "server.address": "eu.example.com",
    "server.port": 8443,
    "url.full": "https://eu.example.com:8443/v1/chat/completions",
  };
  expect(first?.attributes).toEqual({
    ...everyCall,
    "http.response.status_code": 429,
    "error.type": "429",
    "llm_gateway.retry.retry_after": 2,
    "llm_gateway.upstream.request_id": "up-1",
  });
  expect(second?.attributes).toEqual({
    ...everyCall,
    "http.response.status_code": 200,
    "http.request.resend_count": 1,
    "llm_gateway.retry.delay": expect.any(Number),
    "llm_gateway.upstream.request_id": "up-2",
  });
});

test("a call's address is told without its query", async () => {
  const { ask, transport } = setUp(() => ({ status: 400, body: {} }), {
    providers: [gemini({ apiKey: "k" })],
    models: {},
  });
  await ask({ model: "gemini/gemini-2.5-flash", stream: true });
  expect(transport.requests[0]?.url).toContain("?");
  expect(traces.one("POST").attributes["url.full"]).toBe(transport.requests[0]?.url.split("?")[0]);
});

test("the retry stage tells of each retry, fallback and breaker", async () => {
  const { ask } = setUp(
    ({ url }) => {
      if (url.includes("openai")) throw new UpstreamError("upstream_unreachable", "Nobody there.");
      return { body: messagesAnswer("Hi") };
    },
    { health: { breaker: { connectionFailures: 2, openMs: 1_000_000, maxOpenMs: 1_000_000 } } },
  );
  await ask();
  const type = { "error.type": "connection_error" };
  expect(traces.stage("retry", "enclose").events).toMatchObject([
    { name: "llm_gateway.retry", attributes: { attempt: 1, delay: expect.any(Number), ...type } },
    { name: "llm_gateway.breaker", attributes: { target: "openai/gpt-5-mini", state: "open" } },
    {
      name: "llm_gateway.fallback",
      attributes: { from: "openai/gpt-5-mini", to: "anthropic/claude-haiku-4-5", ...type },
    },
  ]);

  traces.clear();
  await ask();
  expect(traces.stage("route", "request").attributes).toMatchObject({
    "llm_gateway.route.skipped": ["openai/gpt-5-mini:open"],
  });
});

test("nobody but an inference speaks of what a model was asked and used", async () => {
  const { ask } = setUp(byProvider("openai", { status: 500, body: {} }, { body: messagesStream("Hi") }), {
    stages: (defaults) => withStage(cache({ ttlMs: 1_000 }))(withStage(guardrail({ rules: [pii()] }))(defaults)),
  });
  await ask({ stream: true });
  const speakers = traces.spans().filter(({ attributes }) => {
    const names = Object.keys(attributes);
    return names.some((name) => name.startsWith("gen_ai.") || name === "model");
  });
  expect(speakers.map(({ name }) => name)).toEqual(["chat gpt-5-mini", "chat claude-haiku-4-5"]);
  const counted = speakers.filter(({ attributes }) => "gen_ai.usage.input_tokens" in attributes);
  expect(counted.map(({ name }) => name)).toEqual(["chat claude-haiku-4-5"]);
});
