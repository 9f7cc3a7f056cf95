import { createNoopMeter, diag, DiagLogLevel, metrics as otel, type Meter } from "@opentelemetry/api";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { registerMeterRecorder as register, type MeterRecorder } from "../../test/telemetry/meter-recorder.ts";
import { createTarget } from "../chat/target.ts";
import { createMetrics, type Metrics, type MetricsSettings } from "./metrics.ts";

const setUp = (settings: Partial<MetricsSettings> = {}): Metrics =>
  createMetrics({
    semconv: "v1.41",
    labels: [],
    breakers: () => [],
    isKnownModel: ({ id }) => id === "cloud/large",
    isKnownRoute: (name) => name === "smart",
    ...settings,
  });

const large = createTarget("cloud", "large");
const principal = { id: "user-1", tenant: "acme" };
const request = {
  operation: "chat",
  dialect: "openai.chat",
  route: "smart",
  stream: true,
  outcome: "ok",
  status: 200,
  seconds: 2,
  firstChunkSeconds: 0.5,
  principal,
} as const;
const inference = {
  operation: "chat",
  target: large,
  providerName: "cloud.ai",
  responseModel: "large-2026",
  serverAddress: "api.cloud.test",
  seconds: 3,
  principal,
} as const;
const inferenceLabels = {
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": "cloud.ai",
  "gen_ai.request.model": "large",
  "gen_ai.response.model": "large-2026",
  "server.address": "api.cloud.test",
};
const usage = { inputTokens: 100, outputTokens: 20, cacheReadTokens: 60, cacheWriteTokens: 30, reasoningTokens: 5 };

/** Records one of everything, all of it with these names. */
const recordAll = (metrics: Metrics, { target = large, route = "smart", responseModel = "large-2026" } = {}): void => {
  metrics.requestEnded({ ...request, route, active: metrics.requestStarted("chat") });
  metrics.stage({ name: "cache", phase: "request", outcome: "next", seconds: 0.001 });
  metrics.attempt({ target, reason: "initial", status: 200 });
  metrics.inference({
    ...inference,
    target,
    responseModel,
    usage,
    firstChunkSeconds: 1,
  });
  metrics.chunks({ ...inference, target, responseModel })(0.1);
  metrics.cache({ result: "hit", kind: "exact", savedTokens: 120 });
  metrics.verdict({ guard: "pii", direction: "input", verdict: "redact" });
  metrics.cost({ target, source: "local", usd: 0.25, principal });
};

afterEach(() => {
  otel.disable();
  diag.disable();
});

describe("without an SDK", () => {
  test("nothing is recorded, and nobody asks for the breakers", () => {
    const breakers = vi.fn<() => []>(() => []);
    const metrics = setUp({ breakers });
    expect(metrics.enabled()).toBe(false);
    expect(metrics.requestStarted("chat")).toBeUndefined();
    recordAll(metrics);
    metrics.close();
    expect(breakers).not.toHaveBeenCalled();
  });
});

describe("with an SDK", () => {
  let sdk: MeterRecorder;
  beforeEach(() => {
    sdk = register();
  });

  test("everything is enabled, in the package's own name", () => {
    expect(setUp().enabled()).toBe(true);
    expect(sdk.meters).toEqual([["@llm-gateway/core", expect.stringMatching(/^\d+\.\d+\.\d+/)]]);
  });

  test("a request: how long it took, and to its first chunk", () => {
    const metrics = setUp();
    metrics.requestEnded({ ...request, active: metrics.requestStarted("chat") });
    const labels = {
      "llm_gateway.operation": "chat",
      "llm_gateway.dialect": "openai.chat",
      "llm_gateway.route.name": "smart",
      "llm_gateway.request.stream": true,
      "llm_gateway.outcome": "ok",
      "http.response.status_code": 200,
    };
    expect(sdk.of("llm_gateway.request.duration")).toStrictEqual([[2, labels]]);
    expect(sdk.of("llm_gateway.request.time_to_first_chunk")).toStrictEqual([[0.5, labels]]);
  });

  test("a request that failed, of which little is known", () => {
    setUp().requestEnded({
      active: undefined,
      operation: "chat",
      dialect: "openai.chat",
      stream: false,
      outcome: "error",
      errorType: "timeout",
      seconds: 9,
      principal,
    });
    expect(sdk.of("llm_gateway.request.duration")).toStrictEqual([
      [
        9,
        {
          "llm_gateway.operation": "chat",
          "llm_gateway.dialect": "openai.chat",
          "llm_gateway.request.stream": false,
          "llm_gateway.outcome": "error",
          "error.type": "timeout",
        },
      ],
    ]);
    expect(sdk.names()).toEqual(["llm_gateway.request.duration"]);
  });

  test("requests under way", () => {
    const metrics = setUp();
    const active = metrics.requestStarted("chat");
    const chat = { "llm_gateway.operation": "chat" };
    expect(sdk.of("llm_gateway.request.active")).toStrictEqual([[1, chat]]);
    metrics.requestEnded({ ...request, active });
    expect(sdk.of("llm_gateway.request.active")).toStrictEqual([
      [1, chat],
      [-1, chat],
    ]);
  });

  test("stages, attempts, cache, guardrails and cost", () => {
    const metrics = setUp();
    recordAll(metrics);
    metrics.attempt({ target: large, reason: "fallback", status: 503, errorType: "503" });
    metrics.cache({ result: "miss" });
    expect(sdk.of("llm_gateway.stage.duration")).toStrictEqual([
      [
        0.001,
        {
          "llm_gateway.stage.name": "cache",
          "llm_gateway.stage.phase": "request",
          "llm_gateway.stage.outcome": "next",
        },
      ],
    ]);
    const target = { "llm_gateway.provider": "cloud", "llm_gateway.model": "large" };
    expect(sdk.of("llm_gateway.attempts")).toStrictEqual([
      [1, { ...target, "llm_gateway.attempt.reason": "initial", "http.response.status_code": 200 }],
      [
        1,
        {
          ...target,
          "llm_gateway.attempt.reason": "fallback",
          "http.response.status_code": 503,
          "error.type": "503",
        },
      ],
    ]);
    const hit = { "llm_gateway.cache.result": "hit", "llm_gateway.cache.kind": "exact" };
    expect(sdk.of("llm_gateway.cache.lookups")).toStrictEqual([
      [1, hit],
      [1, { "llm_gateway.cache.result": "miss" }],
    ]);
    expect(sdk.of("llm_gateway.cache.saved_tokens")).toStrictEqual([[120, hit]]);
    expect(sdk.of("llm_gateway.guardrail.verdicts")).toStrictEqual([
      [
        1,
        {
          "llm_gateway.guardrail.name": "pii",
          "llm_gateway.guardrail.direction": "input",
          "llm_gateway.guardrail.verdict": "redact",
        },
      ],
    ]);
    expect(sdk.of("llm_gateway.cost")).toStrictEqual([[0.25, { ...target, "llm_gateway.cost.source": "local" }]]);
  });

  test("an inference in the names of v1.41", () => {
    setUp().inference({ ...inference, usage });
    expect(sdk.of("gen_ai.client.operation.duration")).toStrictEqual([[3, inferenceLabels]]);
    expect(sdk.of("gen_ai.client.token.usage")).toStrictEqual([
      [100, { ...inferenceLabels, "gen_ai.token.type": "input" }],
      [20, { ...inferenceLabels, "gen_ai.token.type": "output" }],
    ]);
    expect(sdk.names()).toEqual(["gen_ai.client.operation.duration", "gen_ai.client.token.usage"]);
  });

  test("an inference in the names of the next version", () => {
    const metrics = setUp({ semconv: "next" });
    metrics.inference({ ...inference, usage, firstChunkSeconds: 1 });
    metrics.chunks(inference)(0.1);
    expect(sdk.of("gen_ai.client.inference.duration")).toStrictEqual([[3, inferenceLabels]]);
    expect(sdk.of("gen_ai.client.inference.time_to_first_chunk")).toStrictEqual([[1, inferenceLabels]]);
    expect(sdk.of("gen_ai.client.inference.time_per_output_chunk")).toStrictEqual([[0.1, inferenceLabels]]);
    const tokens = { ...inferenceLabels, "gen_ai.token.modality": "unknown" };
    const counted = sdk.names().filter((name) => name.startsWith("gen_ai.client.inference.usage."));
    expect(Object.fromEntries(counted.map((name) => [name, sdk.of(name)]))).toStrictEqual({
      "gen_ai.client.inference.usage.input_tokens": [[100, tokens]],
      "gen_ai.client.inference.usage.output_tokens": [[20, tokens]],
      "gen_ai.client.inference.usage.cache_read.input_tokens": [[60, tokens]],
      "gen_ai.client.inference.usage.cache_write.input_tokens": [[30, tokens]],
      "gen_ai.client.inference.usage.reasoning.output_tokens": [[5, tokens]],
    });
    expect([...sdk.instruments.keys()].filter((name) => /\.operation\.|token\.usage/.test(name))).toEqual([]);
  });

  test("a kind of token the provider did not state is not counted as none", () => {
    setUp({ semconv: "next" }).inference({ ...inference, usage: { inputTokens: 1, outputTokens: 2 } });
    expect(sdk.names()).toEqual([
      "gen_ai.client.inference.duration",
      "gen_ai.client.inference.usage.input_tokens",
      "gen_ai.client.inference.usage.output_tokens",
    ]);
  });

  test("an inference that failed: its tokens are told without the error", () => {
    setUp().inference({ ...inference, usage, errorType: "503" });
    expect(sdk.of("gen_ai.client.operation.duration")).toStrictEqual([
      [3, { ...inferenceLabels, "error.type": "503" }],
    ]);
    expect(sdk.of("gen_ai.client.token.usage")[0]?.[1]).not.toHaveProperty("error.type");
  });

  test("a stream: its first chunk, and each that follows", () => {
    const metrics = setUp();
    const chunk = metrics.chunks(inference);
    chunk(0.5);
    chunk(0.25);
    metrics.inference({ ...inference, firstChunkSeconds: 0.5, errorType: "timeout" });
    expect(sdk.of("gen_ai.client.operation.time_to_first_chunk")).toStrictEqual([
      [0.5, { ...inferenceLabels, "error.type": "timeout" }],
    ]);
    // How the stream will end nobody knows yet.
    expect(sdk.of("gen_ai.client.operation.time_per_output_chunk")).toStrictEqual([
      [0.5, inferenceLabels],
      [0.25, inferenceLabels],
    ]);
  });

  test.each(["v1.41", "next"] as const)("no label says what only a client or its model said (%s)", (semconv) => {
    const metrics = setUp({
      semconv,
      labels: [],
      breakers: () => [{ provider: "cloud", model: "canary", state: "open" }],
    });
    recordAll(metrics, { target: createTarget("cloud", "canary"), route: "cloud/canary", responseModel: "canary" });
    expect(sdk.labels()).not.toContain("canary");
    expect(JSON.stringify(sdk.collect("llm_gateway.breaker.state"))).not.toContain("canary");
    expect(sdk.of("llm_gateway.request.duration")[0]?.[1]).toHaveProperty(["llm_gateway.route.name"], "_OTHER");
    expect(sdk.of("llm_gateway.attempts")[0]?.[1]).toHaveProperty(["llm_gateway.model"], "_OTHER");
    expect(sdk.labels()).toContain('"gen_ai.request.model":"_OTHER","gen_ai.response.model":"_OTHER"');
  });

  test("tenants and users are told apart only where that is asked for", () => {
    recordAll(setUp());
    expect(sdk.labels()).not.toMatch(/acme|user-1/);
    recordAll(setUp({ labels: ["tenant"] }));
    expect(sdk.labels()).toContain("acme");
    expect(sdk.labels()).not.toContain("user-1");
    sdk = register();
    recordAll(setUp({ labels: ["tenant", "user"] }));
    const named = sdk.names().filter((name) => sdk.of(name).every(([, labels]) => labels["user.id"] === "user-1"));
    expect(named).toEqual([
      "gen_ai.client.operation.duration",
      "gen_ai.client.operation.time_per_output_chunk",
      "gen_ai.client.operation.time_to_first_chunk",
      "gen_ai.client.token.usage",
      "llm_gateway.cost",
      "llm_gateway.request.duration",
      "llm_gateway.request.time_to_first_chunk",
    ]);
  });

  test("a caller without a tenant has no tenant label", () => {
    const metrics = setUp({ labels: ["tenant"] });
    metrics.cost({ target: large, source: "local", usd: 1, principal: { id: "user-1" } });
    expect(sdk.of("llm_gateway.cost")[0]?.[1]).not.toHaveProperty(["llm_gateway.tenant"]);
  });

  test("breakers, asked for when somebody collects", () => {
    let state: "closed" | "half-open" | "open" = "closed";
    const metrics = setUp({ breakers: () => [{ provider: "cloud", model: "large", state }] });
    metrics.enabled();
    const labels = { "llm_gateway.provider": "cloud", "llm_gateway.model": "large" };
    expect(sdk.collect("llm_gateway.breaker.state")).toStrictEqual([[0, labels]]);
    state = "half-open";
    expect(sdk.collect("llm_gateway.breaker.state")).toStrictEqual([[1, labels]]);
    state = "open";
    expect(sdk.collect("llm_gateway.breaker.state")).toStrictEqual([[2, labels]]);
  });

  test("breakers of models that only clients named: the worst of each provider", () => {
    const metrics = setUp({
      breakers: () => [
        { provider: "cloud", model: "a", state: "closed" },
        { provider: "cloud", model: "b", state: "open" },
        { provider: "cloud", model: "c", state: "half-open" },
        { provider: "house", model: "a", state: "closed" },
      ],
    });
    metrics.enabled();
    expect(sdk.collect("llm_gateway.breaker.state")).toStrictEqual([
      [2, { "llm_gateway.provider": "cloud", "llm_gateway.model": "_OTHER" }],
      [0, { "llm_gateway.provider": "house", "llm_gateway.model": "_OTHER" }],
    ]);
  });

  test("instruments: kinds, units and boundaries", () => {
    setUp().enabled();
    const seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
    const tokens = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];
    const histograms = [
      ["gen_ai.client.operation.duration", "s", seconds],
      ["gen_ai.client.operation.time_to_first_chunk", "s", seconds],
      ["gen_ai.client.operation.time_per_output_chunk", "s", seconds],
      ["gen_ai.client.token.usage", "{token}", tokens],
      ["llm_gateway.request.duration", "s", seconds],
      ["llm_gateway.request.time_to_first_chunk", "s", seconds],
    ] as const;
    for (const [name, unit, boundaries] of histograms) {
      expect(sdk.instruments.get(name)).toMatchObject({
        kind: "histogram",
        unit,
        advice: { explicitBucketBoundaries: boundaries },
      });
    }
    const stage = sdk.instruments.get("llm_gateway.stage.duration")?.advice?.explicitBucketBoundaries ?? [];
    expect([stage.at(0), stage.at(-1)]).toEqual([0.0001, 10]);
    expect(stage.toSorted((a, b) => a - b)).toEqual(stage);
    const others = [
      ["llm_gateway.request.active", "up-down counter", "{request}"],
      ["llm_gateway.attempts", "counter", "{attempt}"],
      ["llm_gateway.cache.lookups", "counter", "{lookup}"],
      ["llm_gateway.cache.saved_tokens", "counter", "{token}"],
      ["llm_gateway.guardrail.verdicts", "counter", "{verdict}"],
      ["llm_gateway.cost", "counter", "{USD}"],
      ["llm_gateway.breaker.state", "observable gauge"],
    ] as const;
    for (const [name, kind, unit] of others) {
      expect([name, sdk.instruments.get(name)?.kind, sdk.instruments.get(name)?.unit]).toEqual([name, kind, unit]);
    }
    expect(sdk.instruments.size).toBe(histograms.length + 1 + others.length);
  });
});

describe("which SDK", () => {
  const open = () => [{ provider: "cloud", model: "large", state: "open" }] as const;

  test("one that is registered late gets everything from then on", () => {
    const metrics = setUp({ breakers: open });
    expect(metrics.enabled()).toBe(false);
    const active = metrics.requestStarted("chat");
    const late = register();
    expect(metrics.enabled()).toBe(true);
    metrics.requestEnded({ ...request, active });
    expect(late.of("llm_gateway.request.duration")).toHaveLength(1);
    expect(late.collect("llm_gateway.breaker.state")).toHaveLength(1);
    // It never heard that this request began.
    expect(late.of("llm_gateway.request.active")).toEqual([]);
  });

  test("instruments are made once for each, and only when they are needed", () => {
    const first = register();
    const metrics = setUp();
    expect(first.meters).toHaveLength(0);
    recordAll(metrics);
    recordAll(metrics);
    expect(first.meters).toHaveLength(1);
  });

  test("another takes over, and the one before is let go", () => {
    const first = register();
    const metrics = setUp({ breakers: open });
    const active = metrics.requestStarted("chat");
    expect(first.collect("llm_gateway.breaker.state")).toHaveLength(1);

    const second = register();
    metrics.requestEnded({ ...request, active });
    expect(first.of("llm_gateway.request.duration")).toEqual([]);
    expect(second.of("llm_gateway.request.duration")).toHaveLength(1);
    expect(first.collect("llm_gateway.breaker.state")).toEqual([]);
    expect(second.collect("llm_gateway.breaker.state")).toHaveLength(1);
    // A request leaves where it was counted.
    expect(first.of("llm_gateway.request.active").map(([value]) => value)).toEqual([1, -1]);
    expect(second.of("llm_gateway.request.active")).toEqual([]);
  });

  test("one that is gone is let go as well", () => {
    const sdk = register();
    const metrics = setUp({ breakers: open });
    metrics.enabled();
    otel.disable();
    expect(metrics.enabled()).toBe(false);
    expect(sdk.collect("llm_gateway.breaker.state")).toEqual([]);
  });

  test("a closed gateway tells no more of its breakers, and measures its last requests", () => {
    const sdk = register();
    const metrics = setUp({ breakers: open });
    const active = metrics.requestStarted("chat");
    metrics.close();
    metrics.close();
    expect(sdk.collect("llm_gateway.breaker.state")).toEqual([]);
    metrics.requestEnded({ ...request, active });
    expect(sdk.of("llm_gateway.request.duration")).toHaveLength(1);

    const second = register();
    recordAll(metrics);
    expect(second.meters).toEqual([]);
  });

  test("two gateways share one: each tells of its own breakers", () => {
    const sdk = register();
    const first = setUp({ breakers: open });
    const second = setUp({ breakers: () => [{ provider: "house", model: "small", state: "closed" }] });
    for (const metrics of [first, second]) metrics.enabled();
    expect(sdk.collect("llm_gateway.breaker.state").map(([level]) => level)).toEqual([2, 0]);
    first.close();
    expect(sdk.collect("llm_gateway.breaker.state").map(([level]) => level)).toEqual([0]);
  });
});

describe("an SDK that throws", () => {
  const boom = (): never => {
    throw new Error("boom");
  };
  const listen = () => {
    const error = vi.fn<(message: string) => void>();
    const silent = (): void => undefined;
    diag.setLogger(
      { error, warn: silent, info: silent, debug: silent, verbose: silent },
      { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true },
    );
    return error;
  };

  test("when it is asked for a meter: nothing is recorded, and OpenTelemetry's log is told once", () => {
    const error = listen();
    otel.setGlobalMeterProvider({ getMeter: boom });
    const metrics = setUp();
    recordAll(metrics);
    expect(metrics.enabled()).toBe(false);
    expect(error).toHaveBeenCalledOnce();
  });

  test("whenever it is used: the request does not notice", () => {
    const error = listen();
    const broken = { record: boom, add: boom, addCallback: () => {}, removeCallback: boom };
    otel.setGlobalMeterProvider({
      getMeter: () =>
        Object.assign(Object.create(createNoopMeter()) as Meter, {
          createHistogram: () => broken,
          createCounter: () => broken,
          createUpDownCounter: () => broken,
          createObservableGauge: () => broken,
        }),
    });
    const metrics = setUp();
    recordAll(metrics);
    metrics.close();
    expect(error).toHaveBeenCalled();
  });
});
