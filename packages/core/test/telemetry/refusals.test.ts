import { metrics, SpanStatusCode, type Attributes } from "@opentelemetry/api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFakeClock } from "../../src/testing/index.ts";
import { chatAnswer } from "../../src/testing/wire.ts";
import type { Gateway, GatewayOptions, Logger } from "../../src/index.ts";
import { registerMeterRecorder, type MeterRecorder } from "./meter-recorder.ts";
import { chatRequest, hang, read, setUp } from "./set-up.ts";
import { useTraces } from "./traces.ts";

const traces = useTraces();
let meters: MeterRecorder;
beforeEach(() => {
  meters = registerMeterRecorder();
});
afterEach(() => metrics.disable());

const ada = (): { id: string; tenant: string } => ({ id: "ada", tenant: "acme" });
const path = "/v1/chat/completions";

/** Sends something that no stage ever sees. */
const send = async (init: RequestInit, options: GatewayOptions = {}, at = path): Promise<Response> => {
  const { gateway, clock } = setUp(hang, { authenticate: ada, ...options });
  const answer = gateway.fetch(new Request(`http://gateway.test${at}`, { method: "POST", ...init }));
  await clock.advance(20_000);
  return answer;
};
const json = { "content-type": "application/json" };
const durations = (): Attributes[] => meters.of("llm_gateway.request.duration").map(([, labels]) => labels);

const known = {
  "llm_gateway.request.id": "req_800800800800800800800800",
  "llm_gateway.operation": "chat",
  "llm_gateway.dialect": "openai.chat",
  "http.request.method": "POST",
  "http.route": path,
  "url.path": path,
  "url.scheme": "http",
};
const ended = (outcome: string, status: number): Attributes => ({
  "llm_gateway.outcome": outcome,
  "llm_gateway.attempt.count": 0,
  "llm_gateway.fallback.count": 0,
  "http.response.status_code": status,
});
const asked = { "user.id": "ada", "llm_gateway.tenant": "acme" };

describe("a request that is refused before any stage", () => {
  test("because nobody knows who asks", async () => {
    const response = await send({ headers: json, body: "{}" }, { authenticate: () => null });
    expect(response.status).toBe(401);
    expect(traces.tree()).toEqual(["llm_gateway chat"]);
    expect(traces.gateway().attributes).toEqual({ ...known, ...ended("rejected", 401) });
    expect(traces.gateway().status.code).toBe(SpanStatusCode.UNSET);
    expect(response.headers.get("x-llm-gateway-trace-id")).toBe(traces.gateway().spanContext().traceId);
    expect(durations()).toEqual([
      {
        "llm_gateway.operation": "chat",
        "llm_gateway.dialect": "openai.chat",
        "llm_gateway.outcome": "rejected",
        "http.response.status_code": 401,
      },
    ]);
    expect(meters.of("llm_gateway.request.active").map(([count]) => count)).toEqual([1, -1]);
  });

  test.each<readonly [string, number, RequestInit]>([
    ["no JSON", 400, { headers: json, body: "{" }],
    ["no request", 400, { headers: json, body: JSON.stringify({ model: "fast", messages: 7 }) }],
    ["no model", 400, { headers: json, body: JSON.stringify({ messages: [] }) }],
    ["no JSON by its type", 415, { headers: { "content-type": "text/plain" }, body: "{}" }],
    ["larger than it may be", 413, { headers: json, body: JSON.stringify({ text: "x".repeat(2_000) }) }],
    ["never all there", 408, { headers: json, body: new ReadableStream(), duplex: "half" }],
  ])("because its body is %s", async (_, status, init) => {
    expect((await send(init, { limits: { maxBodyBytes: 1_000 } })).status).toBe(status);
    expect(traces.tree()).toEqual(["llm_gateway chat"]);
    expect(traces.gateway().attributes).toEqual({ ...known, ...asked, ...ended("rejected", status) });
    expect(durations()).toMatchObject([{ "llm_gateway.outcome": "rejected", "http.response.status_code": status }]);
  });

  test("because of its method, which may be any word", async () => {
    expect((await send({ method: "BREW" })).status).toBe(405);
    expect(traces.gateway().attributes).toMatchObject({
      "http.request.method": "_OTHER",
      "http.response.status_code": 405,
    });
  });

  test.each<readonly [string, string, (gateway: Gateway) => Promise<unknown>]>([
    ["over HTTP", "openai.chat", (gateway) => gateway.fetch(chatRequest())],
    ["in this process", "gateway", (gateway) => gateway.chat({ model: "fast", messages: [] }).catch(String)],
  ])("because the gateway shuts down: that is a failure (%s)", async (_, dialect, askLate) => {
    const { gateway, ask } = setUp(() => ({ body: chatAnswer("Hi") }));
    await ask();
    traces.clear();
    await gateway.close();
    await askLate(gateway);
    const failed = { "llm_gateway.dialect": dialect, "llm_gateway.outcome": "error", "error.type": "shutting_down" };
    expect(traces.gateway()).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: failed });
    expect(durations().at(-1)).toMatchObject(failed);
  });

  test("because nobody can tell who asks: that is a failure", async () => {
    const broken = (): never => {
      throw new Error("The database is down.");
    };
    expect((await send({ headers: json, body: "{}" }, { authenticate: broken })).status).toBe(503);
    expect(traces.gateway().attributes).toMatchObject({
      "llm_gateway.outcome": "error",
      "error.type": "dependency_unavailable",
    });
  });

  test("in this process, because it makes no sense", async () => {
    const { gateway } = setUp(hang);
    await expect(gateway.chat({ model: "", messages: [] })).rejects.toThrow("model");
    expect(traces.gateway().attributes).toMatchObject({ "llm_gateway.outcome": "rejected", "user.id": "in-process" });
  });

  test("is told in the dialect that was asked, and where", async () => {
    const at = "/v1beta/models/fast:streamGenerateContent?alt=sse&key=canary";
    expect((await send({ headers: json, body: "{" }, {}, at)).status).toBe(400);
    expect(traces.gateway().attributes).toMatchObject({
      "llm_gateway.dialect": "gemini",
      "http.route": "/v1beta/models/{model}:streamGenerateContent",
      "url.path": "/v1beta/models/fast:streamGenerateContent",
    });
  });

  test("has a line of its own for whoever debugs", async () => {
    const lines: unknown[] = [];
    const note = (...line: unknown[]): void => void lines.push(line);
    const logger: Logger = { debug: note, info: note, warn: note, error: note };
    await send({ headers: json, body: "{" }, { logger });
    expect(lines).toEqual([
      ["rejected openai-chat", expect.objectContaining({ status: 400, attempts: 0, error: "invalid_json" })],
    ]);
  });
});

test("a client that leaves while it still sends has left, and was not refused", async () => {
  const { gateway, clock } = setUp(hang);
  const leave = new AbortController();
  const body = new ReadableStream({
    start: (controller) => leave.signal.addEventListener("abort", () => controller.error(new Error("gone"))),
  });
  const init = { method: "POST", headers: json, body, signal: leave.signal, duplex: "half" as const };
  const response = gateway.fetch(new Request(`http://gateway.test${path}`, init)).then(read);
  await clock.advance(10);
  leave.abort();
  await clock.advance(10);
  await response;
  expect(traces.gateway()).toMatchObject({
    status: { code: SpanStatusCode.UNSET },
    attributes: { "llm_gateway.outcome": "aborted" },
    events: [{ name: "llm_gateway.client_disconnected", attributes: { chunks: 0 } }],
  });
  expect(durations()).toMatchObject([{ "llm_gateway.outcome": "aborted" }]);
});

test.each(["/v1/models", "/v1/models/nobody", "/v1/health", "/nowhere"])(
  "%s asks no model, and is none of these requests",
  async (at) => {
    await send({ method: "GET" }, {}, at);
    await send({ method: "GET" }, { authenticate: () => null }, at);
    expect(traces.spans()).toEqual([]);
    expect(durations()).toEqual([]);
  },
);

test("the time of a request runs since it came, its body included", async () => {
  const clock = createFakeClock();
  const { gateway } = setUp(() => ({ body: chatAnswer("Hi") }), {}, clock);
  const bytes = new Uint8Array(await chatRequest().arrayBuffer());
  const body = new ReadableStream({
    start: async (controller) => {
      await clock.sleep(3_000);
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const came = clock.wall();
  const init = { method: "POST", headers: json, body, duplex: "half" as const };
  const response = gateway.fetch(new Request(`http://gateway.test${path}`, init)).then(read);
  await clock.advance(3_000);
  expect((await response).status).toBe(200);
  const { attributes, startTime, endTime, events } = traces.gateway();
  expect(attributes["llm_gateway.time_to_first_chunk"]).toBe(3);
  const times = [startTime, ...events.map(({ time }) => time), endTime];
  expect(times.map(([seconds, nanos]) => seconds * 1_000 + nanos / 1e6)).toEqual([came, came + 3_000, came + 3_000]);
  expect(meters.of("llm_gateway.request.duration").map(([seconds]) => seconds)).toEqual([3]);
});
