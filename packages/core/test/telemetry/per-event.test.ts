import { trace } from "@opentelemetry/api";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { afterEach, expect, test } from "vitest";
import { cache, guardrail, pii } from "../../src/index.ts";
import { chatStream } from "../../src/testing/wire.ts";
import { createCountedTracer } from "./counted-tracer.ts";
import { setUp, withStage } from "./set-up.ts";

afterEach(() => trace.disable());

test("the events of a stream cost no work on spans, however many there are", async () => {
  const { tracer, calls } = createCountedTracer(new TracerProvider().getTracer("counted"));
  trace.setGlobalTracerProvider({ getTracer: () => tracer });
  const callsFor = async (events: number): Promise<number> => {
    const words = Array.from({ length: events }, (_, index) => `word ${index} `);
    const { ask } = setUp(() => ({ body: chatStream(...words) }), {
      stages: (defaults) => withStage(guardrail({ rules: [pii()] }))(withStage(cache({ ttlMs: 1_000 }))(defaults)),
    });
    const before = calls();
    expect((await ask({ stream: true })).text).toContain(`word ${events - 1}`);
    return calls() - before;
  };
  const few = await callsFor(10);
  expect(few).toBeGreaterThan(50);
  expect(await callsFor(1_000)).toBe(few);
});
