import { context, propagation, SpanKind, trace, type Span } from "@opentelemetry/api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openai, openaiCompatible, type GatewayOptions } from "../../src/index.ts";
import { chatAnswer } from "../../src/testing/wire.ts";
import { chatRequest, read, setUp } from "./set-up.ts";
import { useTraces } from "./traces.ts";
import { w3cPropagator } from "./w3c-propagator.ts";

const traces = useTraces();
beforeAll(() => void propagation.setGlobalPropagator(w3cPropagator));
afterAll(() => propagation.disable());

const traceId = "0af7651916cd43dd8448eb211c80319c";
const callerId = "b7ad6b7169203331";
const traceparent = `00-${traceId}-${callerId}-01`;

const answers = (options: GatewayOptions = {}) => setUp(() => ({ body: chatAnswer("Hi") }), options);

/** Runs something inside a span, as the instrumentation of a host does. */
const inHostSpan = async <T>(run: () => Promise<T>): Promise<T> =>
  trace.getTracer("host").startActiveSpan("POST /chat", async (span: Span) => {
    try {
      return await run();
    } finally {
      span.end();
    }
  });

describe("the trace of a request", () => {
  test("is its own where nobody says otherwise", async () => {
    await answers().ask();
    expect(traces.gateway().parentSpanContext).toBeUndefined();
    expect(traces.gateway().kind).toBe(SpanKind.SERVER);
  });

  test("is its host's, whatever the caller sends", async () => {
    const { ask } = answers();
    await inHostSpan(() => ask({}, { headers: { traceparent } }));
    const gateway = traces.gateway();
    expect(gateway.parentSpanContext?.spanId).toBe(traces.one("POST /chat").spanContext().spanId);
    expect(gateway.kind).toBe(SpanKind.INTERNAL);
    expect(gateway.links).toEqual([]);
    expect(Object.keys(gateway.attributes).filter((name) => /^(http\.re?quest|http\.route|url)/.test(name))).toEqual(
      [],
    );
  });

  test("is its host's also for callers in this process", async () => {
    const { gateway } = answers();
    await inHostSpan(async () => {
      const reply = await gateway.chat({ model: "fast", messages: [{ role: "user", content: "Hi" }] });
      for await (const _ of reply.batches) continue;
      await read(await gateway.fetchAs({ id: "ada" })(chatRequest()));
    });
    const host = traces.one("POST /chat").spanContext().spanId;
    expect(traces.named("llm_gateway chat").map((span) => span.parentSpanContext?.spanId)).toEqual([host, host]);
  });

  test("is its caller's, where that names one", async () => {
    await answers().ask({}, { headers: { traceparent, tracestate: "vendor=1" } });
    const gateway = traces.gateway();
    expect(gateway.parentSpanContext).toMatchObject({ traceId, spanId: callerId });
    expect(gateway.spanContext().traceState?.serialize()).toBe("vendor=1");
    expect(gateway.kind).toBe(SpanKind.SERVER);
  });

  test("is not recorded where its caller says so", async () => {
    const { headers } = await answers().ask({}, { headers: { traceparent: `00-${traceId}-${callerId}-00` } });
    expect(traces.spans()).toEqual([]);
    expect(headers.has("x-llm-gateway-trace-id")).toBe(false);
  });

  test("is its own, with a link, where callers are not trusted", async () => {
    const headers = { traceparent, baggage: "team=blue" };
    await answers({ telemetry: { trustIncoming: false, baggageKeys: ["team"] } }).ask({}, { headers });
    const gateway = traces.gateway();
    expect(gateway.parentSpanContext).toBeUndefined();
    expect(gateway.spanContext().traceId).not.toBe(traceId);
    expect(gateway.links).toMatchObject([{ context: { traceId, spanId: callerId } }]);
    expect(gateway.attributes).not.toHaveProperty("team");
  });

  test("is its own where what the caller sends makes no sense", async () => {
    await answers().ask({}, { headers: { traceparent: "00-nonsense" } });
    expect(traces.gateway().parentSpanContext).toBeUndefined();
    expect(traces.gateway().links).toEqual([]);
  });
});

describe("baggage", () => {
  test("is told as far as it is asked for", async () => {
    const { ask } = answers({ telemetry: { baggageKeys: ["team", "absent"] } });
    await ask({}, { headers: { baggage: "team=blue,secret=canary" } });
    expect(traces.gateway().attributes).toMatchObject({ team: "blue" });
    expect(traces.gateway().attributes).not.toHaveProperty("absent");
    expect(JSON.stringify(traces.spans().map(({ attributes }) => attributes))).not.toContain("canary");
  });

  test("of the host is told as well", async () => {
    const { ask } = answers({ telemetry: { baggageKeys: ["team"] } });
    const withBaggage = propagation.setBaggage(context.active(), propagation.createBaggage({ team: { value: "red" } }));
    await context.with(withBaggage, () => inHostSpan(() => ask()));
    expect(traces.gateway().attributes).toMatchObject({ team: "red" });
  });
});

describe("the header that names the trace", () => {
  test.each([true, false])("is there, streamed or not (%s)", async (stream) => {
    const { headers } = await answers().ask({ stream });
    expect(headers.get("x-llm-gateway-trace-id")).toBe(traces.gateway().spanContext().traceId);
  });

  test("is there most of all where something went wrong", async () => {
    const { ask } = setUp(() => ({ status: 500, body: {} }));
    const { status, headers } = await ask({ model: "openai/gpt-5-mini" });
    expect(status).toBe(502);
    expect(headers.get("x-llm-gateway-trace-id")).toBe(traces.gateway().spanContext().traceId);
  });

  test("is not there where nobody shall know", async () => {
    const { headers } = await answers({ telemetry: { exposeTraceId: false } }).ask();
    expect(headers.has("x-llm-gateway-trace-id")).toBe(false);
  });
});

describe("what providers are told of the trace", () => {
  const traceHeaders = ["traceparent", "tracestate", "baggage"];
  const headers = { traceparent, tracestate: "vendor=1", baggage: "team=blue" };

  /** The trace headers that a provider at this address gets, by the option. */
  const sentTo = async (host: string, propagateTo?: readonly string[]): Promise<Record<string, string>> => {
    const { ask, transport } = answers({
      providers: [openaiCompatible({ id: "house", baseURL: `https://${host}/v1`, apiKey: "k" })],
      models: {},
      telemetry: propagateTo === undefined ? {} : { propagateTo },
    });
    await ask({ model: "house/tiny" }, { headers });
    const sent = Object.entries(transport.requests[0]?.headers ?? {});
    expect(sent.length).toBeGreaterThan(0);
    return Object.fromEntries(sent.filter(([name]) => traceHeaders.includes(name.toLowerCase())));
  };

  test("is nothing", async () => {
    expect(await sentTo("models.internal")).toEqual({});
  });

  test.each([
    ["models.internal", ["models.internal"]],
    ["models.internal", ["other.example", "MODELS.internal"]],
    ["gpu.models.internal", ["*.internal"]],
  ])("%s is told by %j", async (host, propagateTo) => {
    const sent = await sentTo(host, propagateTo);
    const call = traces.one("POST").spanContext();
    expect(sent).toEqual({ traceparent: `00-${traceId}-${call.spanId}-01`, tracestate: "vendor=1" });
  });

  test.each([
    ["models.internal", ["internal"]],
    ["internal", ["*.internal"]],
    ["evil-internal", ["*.internal"]],
    ["models.internal.evil.example", ["models.internal", "*.internal"]],
    ["notmodels.internal", ["models.internal"]],
  ])("%s is not told by %j", async (host, propagateTo) => {
    expect(await sentTo(host, propagateTo)).toEqual({});
  });

  test("includes that nobody records it", async () => {
    const { ask, transport } = answers({
      providers: [openai({ apiKey: "k", baseURL: "https://models.internal/v1" })],
      models: {},
      telemetry: { propagateTo: ["models.internal"] },
    });
    await ask({ model: "openai/gpt-5-mini" }, { headers: { traceparent: `00-${traceId}-${callerId}-00` } });
    expect(transport.requests[0]?.headers["traceparent"]).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
  });
});
