import { createRequire } from "node:module";
import type * as api from "@opentelemetry/api";
import { context as active, metrics, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { TracerProvider, type SpanProcessor, type TracerProviderOptions } from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { defineStage, insertBefore, type Context, type GatewayOptions } from "../../src/index.ts";
import { telemetryKey } from "../../src/telemetry/request-telemetry.ts";
import { chatAnswer, chatStream } from "../../src/testing/wire.ts";
import { MeterRecorder, registerMeterRecorder } from "./meter-recorder.ts";
import { setUp, type SetUp } from "./set-up.ts";
import { registerTraces, Traces, unregisterTraces } from "./traces.ts";
import { w3cPropagator } from "./w3c-propagator.ts";

afterEach(() => {
  unregisterTraces();
  metrics.disable();
  propagation.disable();
});

/** A gateway, and what its stages have seen of telemetry. */
const setUpSpy = (): SetUp & { readonly seen: Pick<Context, "span" | "get">[] } => {
  const seen: Context[] = [];
  const spy = defineStage("spy", (context, next) => {
    seen.push(context);
    return next();
  });
  const stages: GatewayOptions["stages"] = (defaults) => insertBefore(defaults, "route", spy);
  return { ...setUp(() => ({ body: chatStream("Hi") }), { stages }), seen };
};

describe("without an SDK", () => {
  test("nothing is recorded, and nobody gathers anything", async () => {
    const { ask, seen } = setUpSpy();
    const { status, headers } = await ask(
      { stream: true },
      { headers: { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` } },
    );
    expect(status).toBe(200);
    expect(headers.has("x-llm-gateway-trace-id")).toBe(false);
    expect(seen.map((context) => [context.get(telemetryKey), context.span.isRecording()])).toEqual([
      [undefined, false],
    ]);
  });

  test("a caller's trace goes on to providers that are told, where somebody reads it", async () => {
    propagation.setGlobalPropagator(w3cPropagator);
    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    const { ask, transport } = setUp(() => ({ body: chatAnswer("Hi") }), {
      telemetry: { propagateTo: ["api.openai.com"] },
    });
    await ask({}, { headers: { traceparent } });
    expect(transport.requests[0]?.headers["traceparent"]).toBe(traceparent);
  });

  test("nor does a trace that the host has opened end here", async () => {
    propagation.setGlobalPropagator(w3cPropagator);
    active.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    onTestFinished(() => active.disable());
    const host = { traceId: "c".repeat(32), spanId: "d".repeat(16), traceFlags: 1 };
    const { ask, transport } = setUp(() => ({ body: chatAnswer("Hi") }), {
      telemetry: { propagateTo: ["api.openai.com"] },
    });
    await active.with(trace.setSpanContext(active.active(), host), () => ask());
    expect(transport.requests[0]?.headers["traceparent"]).toBe(`00-${host.traceId}-${host.spanId}-01`);
  });
});

describe("an SDK that is registered after the gateway was made", () => {
  test.each([
    ["before its first request", 0],
    ["when it has answered some", 2],
  ])("%s: spans and metrics arrive", async (_, earlier) => {
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }));
    for (let asked = 0; asked < earlier; asked++) await ask();
    const traces = new Traces();
    registerTraces(traces);
    const meters = registerMeterRecorder();
    await ask();
    traces.checkAllEnded();
    expect(traces.tree()).toEqual(expect.arrayContaining(["llm_gateway chat", "    chat gpt-5-mini", "      POST"]));
    expect(meters.of("llm_gateway.request.duration")).toHaveLength(1);
    expect(meters.of("llm_gateway.request.active").map(([count]) => count)).toEqual([1, -1]);
  });

  test("through another copy of the API, as applications of CommonJS modules have it", async () => {
    const other = createRequire(import.meta.url)("@opentelemetry/api") as typeof api;
    expect(other.trace).not.toBe(trace);
    onTestFinished(() => {
      other.trace.disable();
      other.metrics.disable();
    });
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }));
    const traces = new Traces();
    other.trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [traces] }));
    const meters = new MeterRecorder();
    other.metrics.setGlobalMeterProvider(meters);
    await ask();
    traces.checkAllEnded();
    expect(traces.gateway().attributes).toMatchObject({ "llm_gateway.outcome": "ok" });
    expect(meters.of("llm_gateway.request.duration")).toHaveLength(1);
  });

  test("while it answers: nothing of that request is told by halves", async () => {
    const { gateway, seen } = setUpSpy();
    const reply = await gateway.chat({ model: "fast", stream: true, messages: [{ role: "user", content: "Hi" }] });
    const traces = new Traces();
    registerTraces(traces);
    for await (const _ of reply.batches) continue;
    expect(seen).toHaveLength(1);
    expect(traces.spans()).toEqual([]);
    traces.checkAllEnded();
  });
});

describe("half an SDK", () => {
  test("metrics only", async () => {
    const meters = registerMeterRecorder();
    const { ask, seen } = setUpSpy();
    const { headers } = await ask({ stream: true });
    expect(headers.has("x-llm-gateway-trace-id")).toBe(false);
    expect(seen[0]?.span.isRecording()).toBe(false);
    expect(meters.of("llm_gateway.request.duration")).toHaveLength(1);
    expect(meters.of("llm_gateway.request.time_to_first_chunk")).toHaveLength(1);
  });

  test("traces only", async () => {
    const traces = new Traces();
    registerTraces(traces);
    await setUpSpy().ask({ stream: true });
    traces.checkAllEnded();
    expect(traces.gateway().attributes).toMatchObject({ "llm_gateway.outcome": "ok" });
  });
});

describe("an SDK that throws", () => {
  const boom = (): never => {
    throw new Error("boom");
  };
  const quiet: SpanProcessor = {
    onStart: () => undefined,
    onEnd: () => undefined,
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };

  test.each<readonly [string, TracerProviderOptions]>([
    ["as a sampler", { sampler: { shouldSample: boom } }],
    ["as a processor, when a span begins", { spanProcessors: [{ ...quiet, onStart: boom }] }],
    ["as a processor, when a span ends", { spanProcessors: [{ ...quiet, onEnd: boom }] }],
  ])("%s: no request notices", async (_, options) => {
    trace.setGlobalTracerProvider(new TracerProvider(options));
    const { ask } = setUpSpy();
    for (const stream of [true, false]) expect((await ask({ stream })).status).toBe(200);
    expect((await ask({ messages: 7 })).status).toBe(400);
  });

  test("as a propagator: no request notices", async () => {
    registerTraces(new Traces());
    propagation.setGlobalPropagator({ inject: boom, extract: boom, fields: () => [] });
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), { telemetry: { propagateTo: ["*.com"] } });
    expect((await ask({}, { headers: { traceparent: "00" } })).status).toBe(200);
  });
});
