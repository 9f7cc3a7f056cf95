import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { inspect, promisify } from "node:util";
import { metrics, propagation } from "@opentelemetry/api";
import { afterEach, beforeAll, afterAll, beforeEach, expect, test } from "vitest";
import type { Logger } from "../../src/index.ts";
import { askWithCanaries, canary } from "./canary-requests.ts";
import { registerMeterRecorder, type MeterRecorder } from "./meter-recorder.ts";
import { useTraces } from "./traces.ts";
import { w3cPropagator } from "./w3c-propagator.ts";

const traces = useTraces();
let meters: MeterRecorder;
beforeAll(() => void propagation.setGlobalPropagator(w3cPropagator));
afterAll(() => propagation.disable());
beforeEach(() => {
  meters = registerMeterRecorder();
});
afterEach(() => metrics.disable());

/** Keeps every line with all that hangs on it. */
const createRecordingLogger = (): Logger & { readonly lines: string[] } => {
  const lines: string[] = [];
  const record = (...line: unknown[]): void => void lines.push(inspect(line, { depth: null }));
  return { lines, debug: record, info: record, warn: record, error: record };
};

test("no secret is in any span, metric or log line", async () => {
  const logger = createRecordingLogger();
  const transport = await askWithCanaries({ logger, telemetry: { propagateTo: ["*.com"] } });
  // Providers, of course, got it in each of their requests.
  expect(transport.requests.length).toBeGreaterThan(20);
  for (const { body, headers } of transport.requests) expect(String(body) + inspect(headers)).toContain(canary);

  const spans = traces.spans();
  const outcomes = new Set(spans.map(({ attributes }) => attributes["llm_gateway.outcome"]));
  for (const outcome of ["ok", "cache_hit", "blocked", "rejected", "error"]) expect(outcomes).toContain(outcome);
  for (const { name, attributes, events, status, links } of spans) {
    expect(inspect({ name, attributes, events, status, links }, { depth: null })).not.toContain(canary);
  }
  expect(meters.names().length).toBeGreaterThan(10);
  expect(meters.labels()).not.toContain(canary);
  expect(logger.lines.length).toBeGreaterThan(10);
  expect(logger.lines.join("\n")).not.toContain(canary);
});

test("and none is sent on as baggage", async () => {
  const { requests } = await askWithCanaries({ telemetry: { propagateTo: ["*.com"] } });
  for (const { headers } of requests) {
    expect(Object.keys(headers)).toContain("traceparent");
    expect(Object.keys(headers)).not.toContain("baggage");
  }
});

test("nor is one in what NODE_DEBUG prints", async () => {
  const program = fileURLToPath(new URL("canary-program.ts", import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["--conditions=@llm-gateway/source", program],
    { env: { ...process.env, NODE_DEBUG: "llm-gateway" } },
  );
  expect(stderr).toMatch(/LLM-GATEWAY \d+: ok openai-chat fast/);
  expect(stdout + stderr).not.toContain(canary);
});
