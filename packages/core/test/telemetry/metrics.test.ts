import { metrics, type Attributes } from "@opentelemetry/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cache, denyPatterns, guardrail, openai, anthropic, pii, UpstreamError, type Stage } from "../../src/index.ts";
import { createFakeClock } from "../../src/testing/index.ts";
import { chatAnswer, chatChunk, chatUsage, messagesAnswer, messagesStream } from "../../src/testing/wire.ts";
import { registerMeterRecorder, type MeterRecorder } from "./meter-recorder.ts";
import { byProvider, chatRequest, createPacedTransport, hang, read, setUp, withStage, type Respond } from "./set-up.ts";

let meters: MeterRecorder;
beforeEach(() => {
  meters = registerMeterRecorder();
});
afterEach(() => metrics.disable());

const requestLabels = {
  "llm_gateway.operation": "chat",
  "llm_gateway.dialect": "openai.chat",
  "llm_gateway.route.name": "fast",
  "llm_gateway.request.stream": false,
  "llm_gateway.outcome": "ok",
  "http.response.status_code": 200,
};
const inferenceLabels = {
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": "openai",
  "gen_ai.request.model": "gpt-5-mini",
  "gen_ai.response.model": "gpt-test-2026",
  "server.address": "api.openai.com",
};
const mini = { "llm_gateway.provider": "openai", "llm_gateway.model": "gpt-5-mini" };
const haiku = { "llm_gateway.provider": "anthropic", "llm_gateway.model": "claude-haiku-4-5" };

const labelsOf = (name: string): Attributes[] => meters.of(name).map(([, labels]) => labels);

const guarded = (defaults: Stage[]): Stage[] => {
  const rules = [pii(), denyPatterns({ name: "project", patterns: ["falcon"] })];
  return withStage(guardrail({ rules }))(withStage(cache({ ttlMs: 1_000_000 }))(defaults));
};

test("a whole answer", async () => {
  const { ask } = setUp(() => ({ body: chatAnswer("Hi") }));
  await ask();
  expect(meters.of("llm_gateway.request.active").map(([count]) => count)).toEqual([1, -1]);
  expect(labelsOf("llm_gateway.request.duration")).toEqual([requestLabels]);
  expect(labelsOf("gen_ai.client.operation.duration")).toEqual([inferenceLabels]);
  expect(meters.of("gen_ai.client.token.usage")).toEqual([
    [10, { ...inferenceLabels, "gen_ai.token.type": "input" }],
    [5, { ...inferenceLabels, "gen_ai.token.type": "output" }],
  ]);
  expect(meters.of("llm_gateway.attempts")).toEqual([
    [1, { ...mini, "llm_gateway.attempt.reason": "initial", "http.response.status_code": 200 }],
  ]);
  expect(meters.of("llm_gateway.cost")).toEqual([[0.0000125, { ...mini, "llm_gateway.cost.source": "local" }]]);
  // Only streams have chunks.
  expect(meters.names().filter((name) => name.includes("chunk"))).toEqual([]);
});

test("a stream: how long it took, to its first chunk and between the others", async () => {
  const clock = createFakeClock();
  const transport = createPacedTransport(clock, 500, [
    [500, chatChunk({ role: "assistant", content: "" })],
    [1_000, chatChunk({ content: "a" })],
    [2_000, chatChunk({ content: "b" })],
    [4_000, chatChunk({}, "stop") + chatUsage + "data: [DONE]\n\n"],
  ]);
  const { ask } = setUp(hang, { transport }, clock);
  await ask({ stream: true });
  const streamed = { ...requestLabels, "llm_gateway.request.stream": true };
  expect(meters.of("llm_gateway.request.duration")).toEqual([[8, streamed]]);
  expect(meters.of("llm_gateway.request.time_to_first_chunk")).toEqual([[2, streamed]]);
  expect(meters.of("gen_ai.client.operation.duration")).toEqual([[8, inferenceLabels]]);
  expect(meters.of("gen_ai.client.operation.time_to_first_chunk")).toEqual([[1, inferenceLabels]]);
  expect(meters.of("gen_ai.client.operation.time_per_output_chunk")).toEqual([
    [1, inferenceLabels],
    [2, inferenceLabels],
    [4, inferenceLabels],
  ]);
});

test("a retry and a fallback: each call, and each target once", async () => {
  const { ask } = setUp(byProvider("openai", { status: 503, body: {} }, { body: messagesAnswer("Hi") }));
  await ask();
  const refused = { "http.response.status_code": 503, "error.type": "503" };
  expect(labelsOf("llm_gateway.attempts")).toEqual([
    { ...mini, "llm_gateway.attempt.reason": "initial", ...refused },
    { ...mini, "llm_gateway.attempt.reason": "initial", ...refused },
    { ...haiku, "llm_gateway.attempt.reason": "fallback", "http.response.status_code": 200 },
  ]);
  const { "gen_ai.response.model": _, ...unanswered } = inferenceLabels;
  expect(labelsOf("gen_ai.client.operation.duration")).toEqual([
    { ...unanswered, "error.type": "503" },
    expect.objectContaining({ "gen_ai.provider.name": "anthropic", "gen_ai.response.model": "claude-test-2026" }),
  ]);
  expect(labelsOf("llm_gateway.request.duration")).toEqual([requestLabels]);
});

test("a failure has the same error.type on every metric of the request", async () => {
  const { ask } = setUp(() => Promise.reject(new UpstreamError("upstream_unreachable", "Nobody there.")));
  await ask({ model: "openai/gpt-5-mini" });
  const names = ["llm_gateway.request.duration", "gen_ai.client.operation.duration", "llm_gateway.attempts"];
  for (const name of names) {
    for (const labels of labelsOf(name)) expect([name, labels["error.type"]]).toEqual([name, "connection_error"]);
  }
  expect(labelsOf("llm_gateway.request.duration")).toMatchObject([
    { "llm_gateway.outcome": "error", "http.response.status_code": 502 },
  ]);
});

test.each([
  ["rejected", 404, { model: "nobody/knows" }],
  ["blocked", 400, { messages: [{ role: "user", content: "falcon" }] }],
])("what the gateway itself refuses is no error: %s", async (outcome, status, body) => {
  const { ask } = setUp(hang, { stages: guarded });
  await ask(body);
  const [labels] = labelsOf("llm_gateway.request.duration");
  expect(labels).toMatchObject({ "llm_gateway.outcome": outcome, "http.response.status_code": status });
  expect(labels).not.toHaveProperty("error.type");
});

test("a client that leaves", async () => {
  const { gateway, clock } = setUp(hang);
  const leave = new AbortController();
  const response = gateway.fetch(chatRequest({}, { signal: leave.signal })).then(read);
  await clock.advance(10);
  expect(meters.of("llm_gateway.request.active").map(([count]) => count)).toEqual([1]);
  leave.abort();
  await response;
  await clock.advance(0);
  expect(meters.of("llm_gateway.request.active").map(([count]) => count)).toEqual([1, -1]);
  expect(labelsOf("llm_gateway.request.duration")).toMatchObject([{ "llm_gateway.outcome": "aborted" }]);
  expect(labelsOf("gen_ai.client.operation.duration")).toMatchObject([{ "error.type": "client_disconnected" }]);
});

test("the cache: what it was asked, and what it saved", async () => {
  const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), { stages: guarded });
  await ask();
  await ask();
  await ask({}, { headers: { "cache-control": "no-store" } });
  const exact = { "llm_gateway.cache.kind": "exact" };
  expect(meters.of("llm_gateway.cache.lookups")).toEqual([
    [1, { "llm_gateway.cache.result": "miss", ...exact }],
    [1, { "llm_gateway.cache.result": "hit", ...exact }],
    [1, { "llm_gateway.cache.result": "bypass" }],
  ]);
  expect(meters.of("llm_gateway.cache.saved_tokens")).toEqual([[15, { "llm_gateway.cache.result": "hit", ...exact }]]);
  // Nothing was inferred for the second.
  expect(meters.of("gen_ai.client.operation.duration")).toHaveLength(2);
  expect(meters.of("llm_gateway.cost")).toHaveLength(2);
});

test("guardrails: one verdict for each check in each direction", async () => {
  const { ask } = setUp(() => ({ body: chatAnswer("Write to ada@example.com.") }), { stages: guarded });
  await ask();
  const verdict = (name: string, direction: string, word: string): Attributes => ({
    "llm_gateway.guardrail.name": name,
    "llm_gateway.guardrail.direction": direction,
    "llm_gateway.guardrail.verdict": word,
  });
  expect(labelsOf("llm_gateway.guardrail.verdicts")).toEqual([
    verdict("pii", "input", "allow"),
    verdict("project", "input", "allow"),
    verdict("pii", "output", "redact"),
    verdict("project", "output", "allow"),
  ]);
});

test("stages: how long each phase took, whether or not it has a span", async () => {
  for (const stages of ["all", "none"] as const) {
    meters = registerMeterRecorder();
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), { telemetry: { stages } });
    await ask();
    const phases = labelsOf("llm_gateway.stage.duration").map(
      (labels) => `${String(labels["llm_gateway.stage.name"])} ${String(labels["llm_gateway.stage.phase"])}`,
    );
    expect(phases.toSorted()).toEqual([
      "cache request",
      "guardrail request",
      "meter request",
      "meter stream",
      "normalize request",
      "retry enclose",
      "route request",
      "translate-stream request",
      "translate-stream stream",
    ]);
    for (const labels of labelsOf("llm_gateway.stage.duration")) {
      expect(labels).toMatchObject({ "llm_gateway.stage.outcome": "next" });
    }
  }
});

test("breakers: the state of every target that was asked", async () => {
  const { ask } = setUp(
    ({ url }) => {
      if (url.includes("openai")) throw new UpstreamError("upstream_unreachable", "Nobody there.");
      return { body: messagesAnswer("Hi") };
    },
    { health: { breaker: { connectionFailures: 2, openMs: 1_000_000, maxOpenMs: 1_000_000 } } },
  );
  await ask();
  const states = meters.collect("llm_gateway.breaker.state");
  expect(states).toHaveLength(2);
  expect(states).toEqual(
    expect.arrayContaining([
      [2, mini],
      [0, haiku],
    ]),
  );
});

test("everything there is to measure is measured, and nothing else", async () => {
  const respond: Respond = (_, index) =>
    index === 0 ? { status: 503, body: {} } : { body: messagesStream("Hi ada@example.com", "!") };
  const { ask } = setUp(respond, { stages: guarded, models: { fast: ["anthropic/claude-haiku-4-5"] } });
  await ask({ stream: true });
  await ask({ stream: true });
  expect(meters.names()).toEqual([
    "gen_ai.client.operation.duration",
    "gen_ai.client.operation.time_per_output_chunk",
    "gen_ai.client.operation.time_to_first_chunk",
    "gen_ai.client.token.usage",
    "llm_gateway.attempts",
    "llm_gateway.cache.lookups",
    "llm_gateway.cache.saved_tokens",
    "llm_gateway.cost",
    "llm_gateway.guardrail.verdicts",
    "llm_gateway.request.active",
    "llm_gateway.request.duration",
    "llm_gateway.request.time_to_first_chunk",
    "llm_gateway.stage.duration",
  ]);
  expect(meters.collect("llm_gateway.breaker.state")).toHaveLength(1);
});

test("labels stay as few as the configuration has names, whatever clients write", async () => {
  const { ask } = setUp(() => ({ body: chatAnswer("Hi", { model: "canary-answered" }) }), {
    authenticate: ({ header }) => ({ id: header("x-user") ?? "canary-user", tenant: "canary-tenant" }),
  });
  const series = async (from: number): Promise<number> => {
    for (let index = from; index < from + 20; index++) {
      const model = ["fast", `openai/canary-${index}`, `canary-${index}`][index % 3];
      const content = `canary-${index}`;
      await ask(
        { model, user: `canary-${index}`, metadata: { canary: `${index}` }, messages: [{ role: "user", content }] },
        { headers: { "x-user": `canary-${index}` } },
      );
    }
    return new Set(meters.names().flatMap((name) => labelsOf(name).map((labels) => JSON.stringify([name, labels]))))
      .size;
  };
  const first = await series(0);
  expect(await series(20)).toBe(first);
  const others = { "gen_ai.request.model": "_OTHER", "gen_ai.response.model": "_OTHER" };
  expect(labelsOf("gen_ai.client.operation.duration")).toContainEqual({ ...inferenceLabels, ...others });
  // What a known model calls itself is its provider's word.
  expect(meters.labels().replaceAll('"gen_ai.response.model":"canary-answered"', "")).not.toContain("canary");
});

test("callers are told apart only where that is asked for", async () => {
  const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), {
    authenticate: () => ({ id: "ada", tenant: "acme" }),
    telemetry: { metricLabels: ["tenant", "user"] },
  });
  await ask();
  const caller = { "llm_gateway.tenant": "acme", "user.id": "ada" };
  for (const name of ["llm_gateway.request.duration", "gen_ai.client.operation.duration", "llm_gateway.cost"]) {
    expect(labelsOf(name)[0]).toMatchObject(caller);
  }
  expect(labelsOf("llm_gateway.attempts")[0]).not.toHaveProperty("user.id");
});

test("the names of the next conventions, where they are asked for", async () => {
  const { ask } = setUp(byProvider("openai", { body: chatAnswer("Hi") }, { body: messagesAnswer("Hi") }), {
    telemetry: { semconv: "next" },
    providers: [openai({ apiKey: "k" }), anthropic({ apiKey: "k" })],
  });
  await ask();
  expect(meters.names().filter((name) => name.startsWith("gen_ai."))).toEqual([
    "gen_ai.client.inference.duration",
    "gen_ai.client.inference.usage.input_tokens",
    "gen_ai.client.inference.usage.output_tokens",
  ]);
});
