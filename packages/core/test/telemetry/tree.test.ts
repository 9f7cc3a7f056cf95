import { SpanKind, SpanStatusCode, type HrTime } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import {
  cache,
  defineStage,
  denyPatterns,
  guardrail,
  insertBefore,
  pii,
  systemClock,
  UpstreamError,
} from "../../src/index.ts";
import { chatAnswer, chatStream, messagesAnswer, messagesStream } from "../../src/testing/wire.ts";
import { packageName, version } from "../../src/version.ts";
import { byProvider, chatRequest, hang, read, setUp, withStage } from "./set-up.ts";
import { useTraces } from "./traces.ts";

const traces = useTraces();

const wayIn = ["  normalize request", "  guardrail request", "  cache request", "  route request", "  retry enclose"];
/** What stands around each provider call. */
const call = ["    meter request", "    translate-stream request"];
const wayOut = ["  meter stream", "  translate-stream stream"];
const millisOf = ([seconds, nanos]: HrTime): number => seconds * 1_000 + nanos / 1e6;

const simple = ["llm_gateway chat", ...wayIn, ...call, "    chat gpt-5-mini", "      POST", ...wayOut];

describe("the tree of a request", () => {
  test("that is answered whole", async () => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }));
    await ask();
    expect(traces.tree()).toEqual(simple);
    for (const span of traces.spans()) expect(span.status.code).toBe(SpanStatusCode.UNSET);
  });

  test("that is answered as a stream", async () => {
    const { ask } = setUp(() => ({ body: chatStream("a", "b") }));
    await ask({ stream: true });
    expect(traces.tree()).toEqual(simple);
  });

  test("that is retried: one inference for all calls to a target", async () => {
    const { ask } = setUp((_, index) => (index === 0 ? { status: 503, body: {} } : { body: chatAnswer("Hi") }));
    await ask();
    expect(traces.tree()).toEqual([
      "llm_gateway chat",
      ...wayIn,
      ...call,
      "    chat gpt-5-mini",
      "      POST ✗ 503",
      "      POST",
      ...call,
      ...wayOut,
    ]);
  });

  test("that another target answers: an inference for each", async () => {
    const { ask } = setUp(byProvider("openai", { status: 503, body: {} }, { body: messagesStream("Hi") }));
    await ask({ stream: true });
    expect(traces.tree()).toEqual([
      "llm_gateway chat",
      ...wayIn,
      ...call,
      "    chat gpt-5-mini ✗ 503",
      "      POST ✗ 503",
      "      POST ✗ 503",
      ...call,
      ...call,
      "    chat claude-haiku-4-5",
      "      POST",
      ...wayOut,
    ]);
  });

  test("that nobody answers: whoever failed says so, up to the gateway", async () => {
    const { ask } = setUp(() => ({ status: 500, body: {} }));
    expect((await ask({ model: "openai/gpt-5-mini" })).status).toBe(502);
    expect(traces.tree()).toEqual([
      "llm_gateway chat ✗ 500",
      "  normalize request",
      "  guardrail request",
      "  cache request",
      "  route request",
      "  retry enclose ✗ 500",
      ...call,
      "    chat gpt-5-mini ✗ 500",
      "      POST ✗ 500",
      "      POST ✗ 500",
      ...call,
    ]);
  });

  test("that the cache stores and then answers: nothing is inferred twice", async () => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), { stages: withStage(cache({ ttlMs: 1_000_000 })) });
    await ask();
    expect(traces.tree()).toEqual([...simple.slice(0, -2), "  cache stream", ...wayOut]);
    traces.clear();
    await ask();
    expect(traces.tree()).toEqual([
      "llm_gateway chat",
      "  normalize request",
      "  guardrail request",
      "  cache request",
    ]);
  });

  test("that is blocked on its way in: a verdict, not a failure", async () => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), {
      stages: withStage(guardrail({ rules: [denyPatterns({ patterns: ["falcon"] })] })),
    });
    expect((await ask({ messages: [{ role: "user", content: "Tell me of falcon." }] })).status).toBe(400);
    expect(traces.tree()).toEqual([
      "llm_gateway chat",
      "  normalize request",
      "  guardrail request",
      "    llm_gateway.guard deny-patterns",
    ]);
  });

  test.each([true, false])("whose answer is blocked (streamed: %s): neither is that", async (stream) => {
    const { ask } = setUp(
      () => ({ body: stream ? chatStream("It is ", "falcon", ".") : chatAnswer("It is falcon.") }),
      {
        stages: withStage(guardrail({ rules: [denyPatterns({ patterns: ["falcon"] })] })),
      },
    );
    expect((await ask({ stream })).text).toContain("content_filter");
    expect(traces.tree()).toEqual([
      "llm_gateway chat",
      "  normalize request",
      "  guardrail request",
      "    llm_gateway.guard deny-patterns",
      ...wayIn.slice(2),
      ...call,
      "    chat gpt-5-mini",
      "      POST",
      "  guardrail stream",
      "    llm_gateway.guard deny-patterns",
      ...wayOut,
    ]);
  });

  test("that is redacted: one span for each check, in each direction", async () => {
    const rules = [pii(), denyPatterns({ patterns: ["falcon"] })];
    const { ask } = setUp(() => ({ body: chatAnswer("Write to ada@example.com.") }), {
      stages: withStage(guardrail({ rules })),
    });
    await ask({ messages: [{ role: "user", content: "I am bob@example.com." }] });
    const guards = ["    llm_gateway.guard pii", "    llm_gateway.guard deny-patterns"];
    const lines = traces.tree();
    expect(lines.slice(2, 5)).toEqual(["  guardrail request", ...guards]);
    expect(lines.slice(-5, -2)).toEqual(["  guardrail stream", ...guards]);
  });

  test("whose client leaves in the middle of the answer", async () => {
    const { gateway, clock } = setUp(() => ({ body: chatStream("Hello ", "there, ", "you") }));
    const leave = new AbortController();
    const response = await gateway.fetch(chatRequest({ stream: true }, { signal: leave.signal }));
    await response.body?.getReader().read();
    leave.abort();
    await clock.advance(0);
    expect(traces.tree()).toEqual([
      "llm_gateway chat",
      ...wayIn,
      ...call,
      "    chat gpt-5-mini ✗ client_disconnected",
      "      POST ✗ client_disconnected",
      ...wayOut,
    ]);
  });

  test("whose provider breaks its answer off", async () => {
    const { ask } = setUp(() => ({ body: chatStream("Hel", "lo").slice(0, 3) }));
    await ask({ stream: true });
    expect(traces.tree()).toEqual([
      "llm_gateway chat ✗ upstream_stream_error",
      ...wayIn,
      ...call,
      "    chat gpt-5-mini ✗ upstream_stream_error",
      "      POST ✗ upstream_stream_error",
      ...wayOut.slice(0, 1),
      // It is the one that sees whether an answer is whole.
      "  translate-stream stream",
    ]);
  });

  test("that takes too long", async () => {
    const { ask } = setUp(hang, { timeouts: { deadlineMs: 5_000 } });
    await ask();
    expect(traces.tree()).toEqual([
      "llm_gateway chat ✗ timeout",
      ...wayIn.slice(0, -1),
      // It has not failed: nobody waited for it any more.
      "  retry enclose",
      ...call,
      "    chat gpt-5-mini ✗ timeout",
      "      POST ✗ timeout",
    ]);
  });

  test("that nobody may be asked for", async () => {
    const { ask } = setUp(() => Promise.reject(new UpstreamError("upstream_unreachable", "Nobody there.")), {
      models: { fast: ["openai/gpt-5-mini"] },
      health: { breaker: { connectionFailures: 1, openMs: 1_000_000, maxOpenMs: 1_000_000 } },
    });
    await ask();
    traces.clear();
    await ask();
    expect(traces.tree()).toEqual([
      "llm_gateway chat ✗ circuit_open",
      "  normalize request",
      "  guardrail request",
      "  cache request",
      "  route request ✗ circuit_open",
    ]);
  });

  test("that is no request", async () => {
    await setUp(hang).ask({ messages: 7 });
    expect(traces.tree()).toEqual(["llm_gateway chat"]);
  });

  test("that no route leads anywhere: the stages that refuse have not failed", async () => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }));
    expect((await ask({ model: "nobody/knows" })).status).toBe(404);
    expect(traces.tree()).toEqual(["llm_gateway chat", ...wayIn.slice(0, -1)]);
  });
});

test("each span has its kind", async () => {
  const { ask } = setUp(() => ({ body: messagesAnswer("Hi") }), {
    stages: withStage(guardrail({ rules: [pii()] })),
  });
  await ask({ model: "anthropic/claude-haiku-4-5" });
  expect(traces.gateway().kind).toBe(SpanKind.SERVER);
  for (const name of ["chat claude-haiku-4-5", "POST"]) expect(traces.one(name).kind).toBe(SpanKind.CLIENT);
  const others = traces.spans().filter(({ name }) => /^llm_gateway\.(stage|guard) /.test(name));
  expect(others).toHaveLength(12);
  for (const { kind } of others) expect(kind).toBe(SpanKind.INTERNAL);
});

test("no span begins before its request or ends after it", async () => {
  const slow = defineStage("slow", async ({ clock }, next) => {
    const reply = await next();
    await clock.sleep(1);
    return reply;
  });
  const { gateway } = setUp(() => ({ body: chatStream("a", "b") }), {
    stages: (defaults) => insertBefore(withStage(guardrail({ rules: [pii()] }))(defaults), "route", slow),
    clock: systemClock,
  });
  await read(await gateway.fetch(chatRequest({ stream: true })));
  const whole = traces.gateway();
  expect(traces.stage("slow", "response").ended).toBe(true);
  // Where a span is told of late, its beginning is known to the millisecond.
  for (const { name, startTime, endTime } of traces.spans()) {
    expect([name, millisOf(startTime) > millisOf(whole.startTime) - 2]).toEqual([name, true]);
    expect([name, millisOf(endTime) < millisOf(whole.endTime) + 2]).toEqual([name, true]);
  }
});

test("all spans of a request are one trace, and carry the package's name and version", async () => {
  const { ask } = setUp(() => ({ body: chatAnswer("Hi") }));
  await ask();
  const { traceId } = traces.gateway().spanContext();
  for (const span of traces.spans()) {
    expect(span.spanContext().traceId).toBe(traceId);
    expect(span.instrumentationScope).toMatchObject({ name: packageName, version });
  }
});
