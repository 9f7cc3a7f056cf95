import { context, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  allowAnyone,
  anthropic,
  cache,
  createGateway,
  denyPatterns,
  guardrail,
  openai,
  UpstreamError,
  type GatewayOptions,
} from "../src/index.ts";
import { createFakeClock, createFakeTransport, type FakeAnswer } from "../src/testing/index.ts";
import type { TransportRequest } from "../src/transport/transport.ts";
import { chatAnswer, chatStream, messagesAnswer, messagesStream } from "../src/testing/wire.ts";

const exporter = new InMemorySpanExporter();
let started = 0;

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const count = {
    onStart: () => void started++,
    onEnd: () => {},
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [count, new SimpleSpanProcessor({ exporter })] }));
});
beforeEach(() => {
  exporter.reset();
  started = 0;
});
afterAll(() => {
  trace.disable();
  context.disable();
});

const setUp = (
  respond: (request: TransportRequest, index: number) => FakeAnswer | Promise<FakeAnswer>,
  options: GatewayOptions = {},
) => {
  const clock = createFakeClock();
  const gateway = createGateway({
    providers: [openai({ apiKey: "sk-canary" }), anthropic({ apiKey: "sk-canary" })],
    models: { fast: ["openai/gpt-5-mini", "anthropic/claude-haiku-4-5"] },
    authenticate: allowAnyone(),
    transport: createFakeTransport(respond),
    clock,
    random: () => 0.5,
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    ...options,
  });
  const ask = async (body: object = {}): Promise<string> => {
    const pending = gateway
      .fetch(
        new Request("http://gateway.test/v1/chat/completions", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ model: "fast", messages: [{ role: "user", content: "canary prompt" }], ...body }),
        }),
      )
      .then((response) => response.text())
      .catch((error: unknown) => String(error));
    await clock.advance(90_000);
    return pending;
  };
  return { gateway, ask };
};

/** The tree of spans as lines, indented by depth, in the order in which they began. */
const tree = (): string[] => {
  const spans = exporter.getFinishedSpans();
  const lines: string[] = [];
  const visit = (parent: string | undefined, depth: number): void => {
    for (const span of spans.filter((candidate) => candidate.parentSpanContext?.spanId === parent)) {
      const phase = span.attributes["llm_gateway.stage.phase"];
      lines.push(
        `${"  ".repeat(depth)}${span.name.replace("llm_gateway.stage ", "")}${typeof phase === "string" ? ` ${phase}` : ""}`,
      );
      visit(span.spanContext().spanId, depth + 1);
    }
  };
  visit(undefined, 0);
  return lines;
};

const named = (name: string): ReadableSpan[] => exporter.getFinishedSpans().filter((span) => span.name === name);
const root = (): ReadableSpan => named("llm_gateway chat")[0] as ReadableSpan;

const everySpanEnded = (): void => {
  const ids = exporter.getFinishedSpans().map((span) => span.spanContext().spanId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toHaveLength(started);
};

describe("spans", () => {
  test("a whole answer: one for each stage, the inference and its call", async () => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }));
    await ask();
    const lines = tree();
    for (const stage of ["normalize", "guardrail", "cache", "route"]) expect(lines).toContain(`  ${stage} request`);
    expect(lines).toContain("  retry enclose");
    expect(lines.slice(lines.indexOf("  retry enclose"))).toEqual(
      expect.arrayContaining(["    chat gpt-5-mini", "      POST", "  translate-stream stream", "  meter stream"]),
    );
    expect(named("chat gpt-5-mini")[0]?.attributes).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-5-mini",
      "gen_ai.response.model": "gpt-test-2026",
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.usage.input_tokens": 10,
      "gen_ai.usage.output_tokens": 5,
      "server.address": "api.openai.com",
    });
    expect(root().attributes).toMatchObject({
      "llm_gateway.outcome": "ok",
      "llm_gateway.target": "openai/gpt-5-mini",
      "llm_gateway.attempt.count": 1,
      "http.response.status_code": 200,
    });
    expect(root().status.code).toBe(SpanStatusCode.UNSET);
    everySpanEnded();
  });

  test("a retry, then a fallback: one inference for each target, one span for each call", async () => {
    const { ask } = setUp((request) =>
      request.url.includes("openai") ? { status: 503, body: {} } : { body: messagesStream("Hi") },
    );
    await ask({ stream: true });
    const posts = named("POST").map((span) => [
      span.attributes["http.response.status_code"],
      span.attributes["http.request.resend_count"],
    ]);
    expect(posts).toEqual([
      [503, undefined],
      [503, 1],
      [200, undefined],
    ]);
    expect(named("chat gpt-5-mini")[0]).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { "error.type": "503", "llm_gateway.attempt.reason": "initial" },
    });
    expect(named("chat claude-haiku-4-5")[0]).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { "llm_gateway.attempt.reason": "fallback" },
    });
    const events = named("llm_gateway.stage retry")[0]?.events.map(({ name }) => name);
    expect(events).toEqual(["llm_gateway.retry", "llm_gateway.fallback"]);
    expect(root()).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { "llm_gateway.attempt.count": 3, "llm_gateway.fallback.count": 1 },
    });
    everySpanEnded();
  });

  test("a cached answer: nothing was inferred", async () => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), {
      stages: (defaults) => defaults.map((stage) => (stage.name === "cache" ? cache({ ttlMs: 1_000_000 }) : stage)),
    });
    await ask();
    exporter.reset();
    started = 0;
    await ask();
    expect(tree()).toEqual(["llm_gateway chat", "  normalize request", "  guardrail request", "  cache request"]);
    expect(root().attributes["llm_gateway.outcome"]).toBe("cache_hit");
    expect(named("llm_gateway.stage cache")[0]?.attributes).toMatchObject({ "llm_gateway.cache.result": "hit" });
    everySpanEnded();
  });

  test("a block on the way in: a verdict, not a failure", async () => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), {
      stages: (defaults) =>
        defaults.map((stage) =>
          stage.name === "guardrail" ? guardrail({ rules: [denyPatterns({ patterns: ["canary"] })] }) : stage,
        ),
    });
    await ask();
    expect(tree()).toEqual(["llm_gateway chat", "  normalize request", "  guardrail request"]);
    expect(root()).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { "llm_gateway.outcome": "blocked", "http.response.status_code": 400 },
    });
    expect(named("llm_gateway.stage guardrail")[0]?.status.code).toBe(SpanStatusCode.UNSET);
    everySpanEnded();
  });

  test("a stream that breaks: the call, the inference and the gateway say so", async () => {
    const { ask } = setUp(() => ({
      body: chatStream("Hel", "lo").slice(0, 3),
      breaksWith: new UpstreamError("upstream_reset", "Reset."),
    }));
    await ask({ stream: true });
    for (const span of [named("POST")[0], named("chat gpt-5-mini")[0], root()]) {
      expect(span).toMatchObject({
        status: { code: SpanStatusCode.ERROR },
        attributes: { "error.type": "upstream_stream_error" },
      });
    }
    expect(root().attributes["llm_gateway.outcome"]).toBe("error");
    everySpanEnded();
  });

  test("a client that leaves", async () => {
    const { gateway } = setUp(() => ({ body: chatStream("a", "b", "c") }));
    const reply = await gateway.chat({ model: "fast", stream: true, messages: [{ role: "user", content: "Hi" }] });
    await reply.batches[Symbol.asyncIterator]().next();
    reply.cancel();
    expect(root()).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { "llm_gateway.outcome": "aborted" },
    });
    everySpanEnded();
  });

  test("nobody but an inference says gen_ai.usage, and no span says what was said or with which key", async () => {
    const { ask } = setUp((request) =>
      request.url.includes("openai")
        ? { status: 500, body: { error: { message: "canary error" } } }
        : { body: messagesAnswer("canary answer") },
    );
    await ask();
    for (const span of exporter.getFinishedSpans()) {
      const usage = Object.keys(span.attributes).filter((name) => name.startsWith("gen_ai.usage."));
      expect(usage.length > 0).toBe(span.name === "chat claude-haiku-4-5");
      const { name, attributes, events, status } = span;
      expect(JSON.stringify({ name, attributes, events, status })).not.toContain("canary");
    }
  });

  test("the answer names its trace", async () => {
    const { gateway } = setUp(() => ({ body: chatAnswer("Hi") }));
    const response = await gateway.fetch(
      new Request("http://gateway.test/v1/chat/completions", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "fast", messages: [{ role: "user", content: "Hello" }] }),
      }),
    );
    await response.text();
    expect(response.headers.get("x-llm-gateway-trace-id")).toBe(root().spanContext().traceId);
  });
});
