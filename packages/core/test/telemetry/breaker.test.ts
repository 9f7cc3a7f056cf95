import { metrics } from "@opentelemetry/api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UpstreamError, type GatewayOptions } from "../../src/index.ts";
import { chatAnswer, chatChunk } from "../../src/testing/wire.ts";
import { registerMeterRecorder, type MeterRecorder } from "./meter-recorder.ts";
import { chatRequest, hang, read, setUp, type Respond } from "./set-up.ts";
import { useTraces } from "./traces.ts";

const traces = useTraces();
let meters: MeterRecorder;
beforeEach(() => {
  meters = registerMeterRecorder();
});
afterEach(() => metrics.disable());

const unreachable = (): never => {
  throw new UpstreamError("upstream_unreachable", "Nobody there.");
};

/** A gateway whose only target rests for twenty minutes or more after two failures, and is asked once a request. */
const setUpBreaker = (respond: Respond, options: GatewayOptions = {}) =>
  setUp(respond, {
    models: { fast: ["openai/gpt-5-mini"] },
    health: { breaker: { connectionFailures: 2, openMs: 1_200_000, maxOpenMs: 2_400_000, successesToClose: 2 } },
    ...options,
  });
/** Longer than it rests, whatever chance says. */
const rest = 2_400_000;

/** What is told of the breaker in the last trace: on which span, and what. */
const told = (): string[] =>
  traces
    .spans()
    .flatMap(({ name, events }) =>
      events
        .filter((event) => event.name === "llm_gateway.breaker")
        .map(({ attributes }) => `${name}: ${String(attributes?.["target"])} ${String(attributes?.["state"])}`),
    );
const level = (): unknown[] => meters.collect("llm_gateway.breaker.state").map(([value]) => value);

const retryStage = "llm_gateway.stage retry: openai/gpt-5-mini";
const gateway = "llm_gateway chat: openai/gpt-5-mini";

describe("a breaker", () => {
  test("is told of when it opens, lets somebody look, and closes", async () => {
    let isUp = false;
    const { ask, clock } = setUpBreaker(() => (isUp ? { body: chatAnswer("Hi") } : unreachable()));
    await ask();
    expect(told()).toEqual([`${retryStage} open`]);
    expect(level()).toEqual([2]);

    traces.clear();
    await ask();
    expect(told()).toEqual([]);
    expect(traces.gateway().attributes).toMatchObject({ "llm_gateway.outcome": "error", "error.type": "circuit_open" });

    await clock.advance(rest);
    expect(level()).toEqual([1]);
    isUp = true;
    traces.clear();
    await ask();
    expect(told()).toEqual([`${retryStage} half-open`]);
    expect(level()).toEqual([1]);
    traces.clear();
    await ask();
    // The answer is over when it closes, and so is the stage that asked for it.
    expect(told()).toEqual([`${gateway} closed`, `${retryStage} half-open`]);
    expect(level()).toEqual([0]);
    traces.clear();
    await ask();
    expect(told()).toEqual([]);
  });

  test("is told of when it opens again", async () => {
    const { ask, clock } = setUpBreaker(unreachable);
    await ask();
    await clock.advance(rest);
    traces.clear();
    await ask();
    expect(told()).toEqual([`${retryStage} half-open`, `${retryStage} open`]);
    expect(level()).toEqual([2]);
  });

  test("is told of when a stream opens it", async () => {
    const { ask } = setUpBreaker(() => ({ body: [chatChunk({ content: "Hel" })] }), {
      health: { breaker: { minimumOutcomes: 1 } },
    });
    await ask({ stream: true });
    expect(told()).toEqual([`${gateway} open`]);
  });
});

describe("where nobody can be asked", () => {
  test("because the only one is being probed: the circuit is open", async () => {
    let calls = 0;
    const { ask, gateway: probed, clock } = setUpBreaker(() => (calls++ < 2 ? unreachable() : hang()));
    await ask();
    await clock.advance(rest);
    const probe = probed.fetch(chatRequest()).then(read);
    await clock.advance(0);
    const { status, text } = await read(await probed.fetch(chatRequest()));
    expect([status, text]).toEqual([503, expect.stringContaining("no_healthy_target")]);
    const failures = traces.named("llm_gateway chat").map(({ attributes }) => attributes["error.type"]);
    expect(failures).toEqual(["connection_error", "circuit_open"]);
    await clock.advance(600_000);
    await probe;
  });

  test.each([
    ["a key that was refused", () => ({ status: 401, body: {} })],
    ["one target of each kind", ({ url }) => (url.includes("openai") ? unreachable() : { status: 401, body: {} })],
  ] satisfies [string, Respond][])("because of %s: there is no route", async (_, respond) => {
    const { ask } = setUpBreaker(respond, { models: { fast: ["openai/gpt-5-mini", "anthropic/claude-haiku-4-5"] } });
    await ask();
    traces.clear();
    expect((await ask()).status).toBe(503);
    expect(traces.gateway().attributes["error.type"]).toBe("no_route");
    expect(traces.stage("route", "request").attributes["error.type"]).toBe("no_route");
  });

  test("because the route's own strategy left nobody", async () => {
    const { ask } = setUp(hang, { models: { fast: { strategy: () => [], targets: ["openai/gpt-5-mini"] } } });
    const { status, headers, text } = await ask();
    expect([status, headers.has("retry-after")]).toEqual([503, false]);
    expect(text).toContain("strategy");
    expect(traces.gateway().attributes["error.type"]).toBe("no_route");
  });

  test("because all of them cool down: they refuse, and nothing failed", async () => {
    const headers = { "content-type": "application/json", "retry-after": "300" };
    const { ask } = setUpBreaker(() => ({ status: 429, headers, body: {} }));
    await ask();
    traces.clear();
    expect((await ask()).status).toBe(429);
    expect(traces.gateway().attributes).toMatchObject({ "llm_gateway.outcome": "rejected" });
    expect(traces.gateway().attributes).not.toHaveProperty("error.type");
  });
});

test("a fallback names the target that is asked in the end", async () => {
  const { ask } = setUp(({ url }) => (url.includes("anthropic") ? { body: {} } : unreachable()), {
    models: { fast: ["openai/gpt-5-mini", "openai/gpt-5-nano", "anthropic/claude-haiku-4-5"] },
    health: { breaker: { connectionFailures: 1, openMs: 1_200_000, maxOpenMs: 1_200_000 } },
  });
  await ask({ model: "openai/gpt-5-nano" });
  traces.clear();
  await ask();
  const fallbacks = traces.stage("retry", "enclose").events.filter(({ name }) => name === "llm_gateway.fallback");
  expect(fallbacks.map(({ attributes }) => [attributes?.["from"], attributes?.["to"]])).toEqual([
    ["openai/gpt-5-mini", "anthropic/claude-haiku-4-5"],
  ]);
});
