import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { context, propagation, SpanKind, trace } from "@opentelemetry/api";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  allowAnyone,
  createGateway,
  defineStage,
  insertBefore,
  mapBatches,
  openaiCompatible,
  vertex,
  type Gateway,
  type GatewayOptions,
} from "../../src/index.ts";
import { chatAnswer } from "../../src/testing/wire.ts";
import { chatRequest, read } from "./set-up.ts";
import { useTraces } from "./traces.ts";
import { w3cPropagator } from "./w3c-propagator.ts";

const traces = useTraces();

interface UndiciRequest {
  readonly method: string;
  readonly addHeader: (name: string, value: string) => void;
}

/** Instrumentation may be given a provider of its own, whoever is registered for all others. */
const instrumentation = new TracerProvider({ spanProcessors: [traces] });

/** What the instrumentation of undici and `fetch` does with every request of the process: a span and trace headers. */
const onRequest = (message: unknown): void => {
  const { request } = message as { readonly request: UndiciRequest };
  const span = instrumentation.getTracer("undici").startSpan(request.method, { kind: SpanKind.CLIENT });
  const headers: Record<string, string> = {};
  propagation.inject(trace.setSpan(context.active(), span), headers);
  for (const [name, value] of Object.entries(headers)) request.addHeader(name, value);
  span.end();
};

beforeAll(() => {
  propagation.setGlobalPropagator(w3cPropagator);
  subscribe("undici:request:create", onRequest);
});
afterAll(() => {
  unsubscribe("undici:request:create", onRequest);
  propagation.disable();
});

let upstream: Server;
let gateway: Gateway | undefined;
let url: string;
let received: IncomingHttpHeaders[];
beforeEach(async () => {
  received = [];
  upstream = createServer((request, response) => {
    received.push(request.headers);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(chatAnswer("Hi")));
  }).listen(0, "127.0.0.1");
  await once(upstream, "listening");
  url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  upstream.closeAllConnections();
  upstream.close();
});

/** A host with a trace and baggage of its own asks. */
const inHost = async <T>(run: () => Promise<T>, isSampled = true): Promise<T> => {
  const baggage = propagation.createBaggage({ team: { value: "blue" } });
  const host = trace.wrapSpanContext({
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    traceFlags: isSampled ? 1 : 0,
  });
  return context.with(propagation.setBaggage(trace.setSpan(context.active(), host), baggage), run);
};

const start = (options: GatewayOptions = {}): Gateway => {
  gateway = createGateway({
    providers: [openaiCompatible({ id: "house", baseURL: `${url}/v1`, apiKey: "k" })],
    authenticate: allowAnyone(),
    ...options,
  });
  return gateway;
};

const askGateway = async (): Promise<void> => {
  const { fetch } = gateway ?? start();
  const { status } = await read(await fetch(chatRequest({ model: "house/tiny" })));
  expect(status).toBe(200);
};

describe("where every HTTP request of the process is instrumented", () => {
  test("the host's own requests carry its trace", async () => {
    await inHost(async () => read(await fetch(url)));
    expect(received[0]).toMatchObject({ traceparent: expect.any(String), baggage: "team=blue" });
    expect(traces.spans().map(({ instrumentationScope }) => instrumentationScope.name)).toEqual(["undici"]);
  });

  test.each([true, false])("a provider is sent neither trace nor baggage (recorded: %s)", async (isSampled) => {
    await inHost(askGateway, isSampled);
    expect(received).toHaveLength(1);
    for (const name of ["traceparent", "tracestate", "baggage"]) expect(received[0]).not.toHaveProperty(name);
  });

  test("a call has one span, which is the gateway's", async () => {
    await inHost(askGateway);
    const calls = traces.named("POST");
    expect(calls.map(({ instrumentationScope }) => instrumentationScope.name)).toEqual(["@llm-gateway/core"]);
    expect(traces.spans().filter(({ instrumentationScope }) => instrumentationScope.name === "undici")).toEqual([]);
  });

  test("nor is who gives a token for one", async () => {
    const token = async (): Promise<Headers> => {
      await read(await fetch(url));
      return new Headers({ authorization: "Bearer token" });
    };
    const { fetch: ask } = start({
      providers: [vertex({ project: "p", baseURL: url, credentials: { getRequestHeaders: token } })],
      models: { "house/tiny": ["vertex/gemini-2.5-flash"] },
    });
    await inHost(async () => read(await ask(chatRequest({ model: "house/tiny" }))));
    expect(received.map(({ authorization }) => authorization)).toEqual([undefined, "Bearer token"]);
    for (const headers of received) expect(headers).not.toHaveProperty("traceparent");
  });

  test("a stage's own requests carry the trace, also while a provider's answer is read", async () => {
    const curious = defineStage("curious", async (_, next) => {
      await read(await fetch(url));
      return mapBatches(await next(), (batch) => batch, { flush: () => void fetch(url) });
    });
    start({ stages: (defaults) => insertBefore(defaults, "route", curious) });
    await inHost(askGateway);
    await vi.waitFor(() => expect(received).toHaveLength(3));
    expect(received.map((headers) => "traceparent" in headers)).toEqual([true, false, true]);
    expect(traces.named("GET")).toHaveLength(2);
  });
});

describe("where the gateway itself is not traced", () => {
  beforeEach(() => trace.disable());
  afterEach(() => void trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [traces] })));

  /** A host that has baggage and no span. */
  const withBaggage = <T>(run: () => Promise<T>): Promise<T> => {
    const baggage = propagation.createBaggage({ team: { value: "blue" } });
    return context.with(propagation.setBaggage(context.active(), baggage), run);
  };

  test("the host's own requests carry what it has", async () => {
    await withBaggage(async () => read(await fetch(url)));
    expect(received[0]).toMatchObject({ traceparent: expect.any(String), baggage: "team=blue" });
  });

  test("a provider is sent neither trace nor baggage all the same, and its call has no span", async () => {
    await withBaggage(askGateway);
    expect(received).toHaveLength(1);
    for (const name of ["traceparent", "tracestate", "baggage"]) expect(received[0]).not.toHaveProperty(name);
    expect(traces.spans()).toEqual([]);
  });
});
