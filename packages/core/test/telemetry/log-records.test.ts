import { context, logs, propagation, trace } from "@opentelemetry/api";
import {
  createLoggerConfigurator,
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
  type LoggerConfig,
  type ReadableLogRecord,
} from "@opentelemetry/sdk-logs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { collect, guardrail, pii, type GatewayOptions } from "../../src/index.ts";
import { chatAnswer, chatStream, messagesAnswer } from "../../src/testing/wire.ts";
import { byProvider, chatRequest, setUp, withStage } from "./set-up.ts";
import { useTraces } from "./traces.ts";
import { w3cPropagator } from "./w3c-propagator.ts";

const traces = useTraces();
beforeAll(() => void propagation.setGlobalPropagator(w3cPropagator));
afterAll(() => propagation.disable());
const exporter = new InMemoryLogRecordExporter();
afterEach(() => {
  logs.disable();
  exporter.reset();
});

const register = (config?: LoggerConfig): void => {
  logs.disable();
  logs.setGlobalLoggerProvider(
    new LoggerProvider({
      processors: [new SimpleLogRecordProcessor({ exporter })],
      ...(config === undefined ? {} : { loggerConfigurator: createLoggerConfigurator([{ pattern: "*", config }]) }),
    }),
  );
};
const records = (): readonly ReadableLogRecord[] => exporter.getFinishedLogRecords();
const said = (content: string): object => ({ type: "text", content });

const event: GatewayOptions = { telemetry: { captureContent: "event" } };
const unsampled = { headers: { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-00` } };

describe("the log record of an inference, with the SDK", () => {
  beforeEach(() => register());

  test("says what was said and how, as it is, under the inference's span", async () => {
    const { ask } = setUp(() => ({ body: chatStream("Hel", "lo") }), event);
    await ask({ stream: true, temperature: 1, session_id: "conv-1" });
    const { spanContext, eventName, instrumentationScope, attributes } = records()[0] ?? {};
    const span = traces.one("chat gpt-5-mini");
    expect(records()).toHaveLength(1);
    expect(spanContext).toMatchObject({ traceId: span.spanContext().traceId, spanId: span.spanContext().spanId });
    expect(eventName).toBe("gen_ai.client.inference.operation.details");
    expect(instrumentationScope).toMatchObject({ name: "@llm-gateway/core", version: expect.any(String) });
    expect(attributes).toMatchObject({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt-5-mini",
      "gen_ai.request.temperature": 1,
      "gen_ai.response.finish_reasons": ["stop"],
      "gen_ai.usage.output_tokens": 5,
      "gen_ai.conversation.id": "conv-1",
      "gen_ai.input.messages": [{ role: "user", parts: [said("Hi")] }],
      "gen_ai.output.messages": [{ role: "assistant", parts: [said("Hello")], finish_reason: "stop" }],
    });
    expect(Object.keys(span.attributes).filter((name) => name.endsWith(".messages"))).toEqual([]);
  });

  test("is there for each target that was asked, with why it failed", async () => {
    const { ask } = setUp(byProvider("openai", { status: 401, body: {} }, { body: messagesAnswer("Hi") }), event);
    await ask();
    expect(records().map(({ attributes }) => [attributes["gen_ai.provider.name"], attributes["error.type"]])).toEqual([
      ["openai", "401"],
      ["anthropic", undefined],
    ]);
    expect(records()[0]?.attributes).not.toHaveProperty("gen_ai.output.messages");
  });

  test("holds what a client that left had got so far", async () => {
    const { gateway, clock } = setUp(() => ({ body: chatStream("Hello ", "there, ", "you") }), event);
    const leave = new AbortController();
    const response = await gateway.fetch(chatRequest({ stream: true }, { signal: leave.signal }));
    await response.body?.getReader().read();
    leave.abort();
    await clock.advance(0);
    expect(records().map(({ attributes }) => attributes)).toMatchObject([
      { "error.type": "client_disconnected", "gen_ai.output.messages": [{ finish_reason: "error" }] },
    ]);
  });

  test("holds nothing that a guardrail took out", async () => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), {
      ...event,
      stages: withStage(guardrail({ rules: [pii()] })),
    });
    await ask({ messages: [{ role: "user", content: "I am bob@example.com." }] });
    expect(records()[0]?.attributes["gen_ai.input.messages"]).toEqual([
      { role: "user", parts: [said("I am [EMAIL].")] },
    ]);
  });

  test("is not there unless somebody asked for it, on the span or else", async () => {
    for (const captureContent of ["none", "span"] as const) {
      await setUp(() => ({ body: chatAnswer("Hi") }), { telemetry: { captureContent } }).ask();
    }
    expect(records()).toEqual([]);
  });

  test("is there though its trace is not recorded, and names it", async () => {
    await setUp(() => ({ body: chatAnswer("Hi") }), event).ask({}, unsampled);
    expect(traces.spans()).toEqual([]);
    expect(records().map(({ spanContext }) => spanContext?.traceId)).toEqual(["a".repeat(32)]);
  });
});

test("a logger that follows the traces gets the records of those that are recorded, wherever they end", async () => {
  register({ traceBased: true });
  const { ask, gateway } = setUp(() => ({ body: chatAnswer("Hi") }), event);
  await ask({}, unsampled);
  expect(records()).toEqual([]);
  await ask();
  expect(records()).toHaveLength(1);
  const reply = await gateway.chat({ model: "fast", messages: [{ role: "user", content: "Hi" }] });
  const spanContext = { traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 0 };
  await context.with(trace.setSpanContext(context.active(), spanContext), () => collect(reply));
  expect(records()).toHaveLength(2);
});

test("a logger that is turned off costs nobody the making of its records", async () => {
  register({ enabled: false });
  const seen: unknown[] = [];
  await setUp(() => ({ body: chatAnswer("Hi") }), {
    telemetry: { captureContent: "event", onContent: (_, content) => void seen.push(content) },
  }).ask();
  expect(seen).toHaveLength(1);
  expect(records()).toEqual([]);
});

test("an SDK that is registered after the gateway was made, and another in its place, get the records", async () => {
  const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), event);
  await ask();
  expect(records()).toEqual([]);
  register();
  await ask();
  register();
  await ask();
  expect(records()).toHaveLength(2);
});
