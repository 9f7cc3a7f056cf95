import { createRequire } from "node:module";
import * as api from "@opentelemetry/api";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, test } from "vitest";
import { createLateTracer } from "./late-tracer.ts";

/** What an application of CommonJS modules has: the same API, loaded once more. */
const other = createRequire(import.meta.url)("@opentelemetry/api") as typeof api;

afterEach(() => {
  api.trace.disable();
  other.trace.disable();
});

describe("createLateTracer", () => {
  test("records nothing while nobody is registered", () => {
    const tracer = createLateTracer();
    expect(tracer.isHeard()).toBe(false);
    expect(tracer.startSpan("early").isRecording()).toBe(false);
  });

  test.each([
    ["this copy", api],
    ["another copy", other],
  ])("hears of an SDK that is registered later, through %s of the API", (_, { trace }) => {
    expect(other.trace).not.toBe(api.trace);
    const tracer = createLateTracer();
    tracer.startSpan("early").end();
    trace.setGlobalTracerProvider(new TracerProvider());
    expect(tracer.isHeard()).toBe(true);
    const span = tracer.startSpan("late");
    expect(span.isRecording()).toBe(true);
    expect(span).toMatchObject({ instrumentationScope: { name: "@llm-gateway/core" } });
    expect(tracer.startActiveSpan("active", (active) => active.isRecording())).toBe(true);
  });

  test("lets go of an SDK that is gone", () => {
    const tracer = createLateTracer();
    other.trace.setGlobalTracerProvider(new TracerProvider());
    expect(tracer.startSpan("while it is there").isRecording()).toBe(true);
    other.trace.disable();
    expect(tracer.isHeard()).toBe(false);
    expect(tracer.startSpan("afterwards").isRecording()).toBe(false);
  });
});
