import { createNoopMeter, metrics, trace, type Meter } from "@opentelemetry/api";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  anthropic,
  cache,
  collect,
  createGateway,
  createTarget,
  defineStage,
  denyPatterns,
  dryRunKey,
  GatewayError,
  guardrail,
  insertAfter,
  insertBefore,
  memoryCacheStore,
  memoryLedger,
  meter,
  ollama,
  openai,
  replyOf,
  retry,
  type CacheStore,
  type ChatInput,
  type GatewayOptions,
  type Stage,
} from "../src/index.ts";
import { createFakeClock, createFakeTransport, type FakeAnswer } from "../src/testing/index.ts";
import { chatAnswer } from "../src/testing/wire.ts";

const price = { input: 2, output: 10 };
const flex = { serviceTier: "flex", price: { input: 1, output: 5 } };
const priced = { id: "priced", contextWindow: 1000, maxOutputTokens: 50, price, tiers: [flex] };
const endless = { id: "endless", price };

const setUp = (options: GatewayOptions = {}, answer: FakeAnswer = { body: chatAnswer("Hi") }) => {
  const transport = createFakeTransport(() => answer);
  const clock = createFakeClock();
  const ledger = memoryLedger();
  const logged: unknown[] = [];
  const gateway = createGateway({
    providers: [
      openai({ apiKey: "sk-canary", models: [priced, endless], headers: { "X-Team": "canary-team" } }),
      anthropic({ apiKey: "sk-canary" }),
      ollama({ models: ["llama3:8b"] }),
    ],
    models: { fast: ["openai/gpt-5-mini", "anthropic/claude-haiku-4-5"] },
    transport,
    clock,
    random: () => 0.5,
    stores: { ledger },
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: (...line) => void logged.push(line) },
    ...options,
  });
  return { gateway, transport, clock, ledger, logged };
};

const ask: ChatInput = { model: "fast", messages: [{ role: "user", content: "Hello there" }] };
const replaced =
  (stage: Stage) =>
  (defaults: readonly Stage[]): Stage[] =>
    defaults.map((other) => (other.name === stage.name ? stage : other));
const names = (named: readonly { readonly target: string; readonly reason: string }[]): string[] =>
  named.map(({ target, reason }) => `${target} ${reason}`);

describe("targets", () => {
  test("stand in the order in which they would be asked, each with the request in its own dialect", async () => {
    const { targets, skipped, stages, refused } = await setUp().gateway.explain(ask);
    expect(names(targets)).toEqual(["openai/gpt-5-mini first", "anthropic/claude-haiku-4-5 fallback"]);
    expect(targets[0]?.request).toMatchObject({
      url: "https://api.openai.com/v1/chat/completions",
      body: { model: "gpt-5-mini", messages: [{ role: "user", content: "Hello there" }] },
    });
    expect(targets[1]?.request).toMatchObject({
      url: "https://api.anthropic.com/v1/messages",
      headers: { "anthropic-version": "2023-06-01" },
      body: { model: "claude-haiku-4-5" },
    });
    expect(skipped).toEqual([]);
    expect(refused).toBeUndefined();
    expect(stages.map(({ stage }) => stage)).toEqual([
      "normalize",
      "guardrail",
      "cache",
      "route",
      "retry",
      "meter",
      "translate-stream",
    ]);
  });

  test("are told what the provider is then sent, but for its key and configured headers", async () => {
    const { gateway, transport } = setUp();
    const explanation = await gateway.explain({ ...ask, stream: true, temperature: 1 });
    await collect(await gateway.chat({ ...ask, stream: true, temperature: 1 }));
    const sent = transport.requests[0];
    const told = explanation.targets[0]?.request;
    expect(told).toEqual({
      url: sent?.url,
      headers: { ...sent?.headers, authorization: "Bearer [redacted]", "x-team": "[redacted]" },
      body: JSON.parse(String(sent?.body)),
    });
    expect(JSON.stringify(explanation)).not.toContain("canary");
  });

  test("drop what they lack, each for itself", async () => {
    const { gateway } = setUp({ models: { fast: ["anthropic/claude-haiku-4-5", "openai/priced"] } });
    const { targets } = await gateway.explain({ ...ask, frequencyPenalty: 1 });
    expect(targets.map(({ dropped }) => dropped)).toEqual([["frequency_penalty"], []]);
    expect(targets[1]?.request?.body).toMatchObject({ frequency_penalty: 1 });
  });

  test("have the reason for which others are left out, also where a model's name holds a colon", async () => {
    const { gateway } = setUp({ models: { fast: ["ollama/llama3:8b", "openai/gpt-5-mini", "openai/priced"] } });
    const { targets, skipped } = await gateway.explain({
      ...ask,
      routing: { ignore: ["ollama"], maxPrice: { output: 10 } },
    });
    expect(names(targets)).toEqual(["openai/priced first"]);
    expect(names(skipped)).toEqual([
      "ollama/llama3:8b in provider.ignore",
      "openai/gpt-5-mini above provider.max_price",
    ]);
  });

  test("that rest are left out", async () => {
    const { gateway } = setUp({}, { status: 401, body: {} });
    await expect(gateway.chat({ ...ask, model: "openai/priced" })).rejects.toMatchObject({
      code: "upstream_auth_failed",
    });
    const { targets, skipped } = await gateway.explain(ask);
    expect(names(targets)).toEqual(["anthropic/claude-haiku-4-5 first"]);
    expect(names(skipped)).toEqual(["openai/gpt-5-mini quarantined"]);
  });

  test("that retry would not come to are told so, without a request", async () => {
    const { gateway } = setUp({ stages: replaced(retry({ attempts: 1 })) });
    const { targets } = await gateway.explain(ask);
    expect(names(targets)).toEqual(["openai/gpt-5-mini first", "anthropic/claude-haiku-4-5 not-reached"]);
    expect(targets[1]).not.toHaveProperty("request");
    expect(targets[1]?.estimate.inputTokens).toBeGreaterThan(0);
  });

  test("that cannot be put the request are passed over as they would be", async () => {
    const { gateway } = setUp({ models: { fast: ["anthropic/claude-haiku-4-5", "openai/gpt-5-mini"] } });
    const { targets, refused } = await gateway.explain({ ...ask, choiceCount: 2 });
    expect(names(targets)).toEqual(["anthropic/claude-haiku-4-5 refused", "openai/gpt-5-mini first"]);
    expect(targets[0]?.error).toMatchObject({ code: "unsupported_parameter", status: 400, param: "n" });
    expect(refused).toBeUndefined();
  });
});

test("`unsupported` decides what is dropped, as it does for chat", async () => {
  const { targets } = await setUp({ unsupported: "drop" }).gateway.explain({
    ...ask,
    model: "anthropic/claude-haiku-4-5",
    choiceCount: 2,
  });
  expect(names(targets)).toEqual(["anthropic/claude-haiku-4-5 first"]);
  expect(targets[0]?.dropped).toEqual(["n"]);
});

describe("estimates", () => {
  const estimate = async (model: string, more: Partial<ChatInput> = {}) => {
    const { targets } = await setUp().gateway.explain({ ...ask, ...more, model });
    return targets[0];
  };

  test("a cost from no answer to the longest one", async () => {
    // 11 characters are 3 tokens, and a message takes 4 more.
    expect(await estimate("openai/priced", { maxOutputTokens: 20 })).toMatchObject({
      price: { input: 2, output: 10 },
      contextWindow: 1000,
      estimate: { inputTokens: 7, minCostNanoUsd: 14, maxCostNanoUsd: 214 },
    });
  });

  test.each([
    ["the model's own limit", {}, 514],
    ["the smaller of both limits", { maxOutputTokens: 90 }, 514],
    ["each choice", { maxOutputTokens: 20, choiceCount: 3 }, 614],
    ["reasoning, for which the limit may be raised", { maxOutputTokens: 20, reasoning: { effort: "low" } }, 514],
  ])("the longest answer counts %s", async (_what, more, maxCostNanoUsd) => {
    expect((await estimate("openai/priced", more))?.estimate.maxCostNanoUsd).toBe(maxCostNanoUsd);
  });

  test("the price of the service tier", async () => {
    const target = await estimate("openai/priced", { serviceTier: "flex" });
    expect(target?.price).toEqual(flex.price);
    expect(target?.estimate.minCostNanoUsd).toBe(7);
  });

  test("no highest cost where nothing bounds the answer", async () => {
    expect((await estimate("openai/endless"))?.estimate).toEqual({ inputTokens: 7, minCostNanoUsd: 14 });
  });

  test("no cost where nobody knows the price", async () => {
    const target = await estimate("openai/unheard-of");
    expect(target?.estimate).toEqual({ inputTokens: 7 });
    expect(target).not.toHaveProperty("price");
  });
});

describe("a request that would be refused", () => {
  test("by a guardrail: names the stage, and goes no further", async () => {
    const blocking = guardrail({ rules: [denyPatterns({ patterns: ["Hello"] })] });
    const { refused, stages, targets } = await setUp({ stages: replaced(blocking) }).gateway.explain(ask);
    expect(refused).toMatchObject({ stage: "guardrail", error: { code: "content_filter", status: 400 } });
    expect(stages.map(({ stage }) => stage)).toEqual(["normalize", "guardrail"]);
    expect(stages[1]?.attributes).toMatchObject({ "llm_gateway.guardrail.verdict": "block" });
    expect(targets).toEqual([]);
  });

  test("by route: an unknown model", async () => {
    const { gateway, logged } = setUp();
    const { refused } = await gateway.explain({ ...ask, model: "nobody/knows" });
    expect(refused).toMatchObject({ stage: "route", error: { code: "model_not_found", param: "model" } });
    expect(logged).toEqual([]);
  });

  test("by route: all targets rest, and for how long", async () => {
    const { gateway } = setUp({}, { status: 401, body: {} });
    const asked = { ...ask, model: "openai/priced" };
    await expect(gateway.chat(asked)).rejects.toMatchObject({ code: "upstream_auth_failed" });
    const { refused } = await gateway.explain(asked);
    expect(refused).toMatchObject({ stage: "route", error: { code: "no_healthy_target", retryAfterMs: 600_000 } });
  });

  test("between route and retry: the targets are known", async () => {
    const tooDear = new GatewayError("budget_exceeded", "The budget is spent.");
    const budget = defineStage("budget", () => Promise.reject(tooDear));
    const { gateway } = setUp({ stages: (defaults) => insertAfter(defaults, "route", budget) });
    const { refused, targets } = await gateway.explain(ask);
    expect(refused).toEqual({
      stage: "budget",
      error: { code: "budget_exceeded", status: 429, message: "The budget is spent." },
    });
    expect(names(targets)).toEqual(["openai/gpt-5-mini not-reached", "anthropic/claude-haiku-4-5 not-reached"]);
  });

  test("by all its targets: no stage is to blame", async () => {
    const { gateway } = setUp();
    const { refused, targets } = await gateway.explain({ ...ask, model: "anthropic/claude-haiku-4-5", choiceCount: 2 });
    expect(names(targets)).toEqual(["anthropic/claude-haiku-4-5 refused"]);
    expect(refused).toEqual({ error: targets[0]?.error });
  });

  test("by a stage that is broken: what broke stays in the log", async () => {
    const cause = new Error("canary");
    const broken = defineStage("broken", () => Promise.reject(cause));
    const { gateway, logged } = setUp({ stages: (defaults) => insertBefore(defaults, "route", broken) });
    const explanation = await gateway.explain(ask);
    expect(explanation.refused).toMatchObject({ stage: "broken", error: { code: "internal_error", status: 500 } });
    expect(JSON.stringify(explanation)).not.toContain("canary");
    expect(logged).toEqual([[expect.any(String), expect.objectContaining({ cause })]]);
  });

  test("by its deadline: a stage that hangs", async () => {
    const hanging = defineStage("hanging", () => new Promise(() => {}));
    const { gateway, clock } = setUp({ stages: (defaults) => insertBefore(defaults, "route", hanging) });
    const explanation = gateway.explain(ask);
    await clock.advance(600_000);
    expect((await explanation).refused).toMatchObject({ stage: "hanging", error: { code: "upstream_timeout" } });
  });
});

describe("stages of the host's own", () => {
  test("run, and what they change is in the request", async () => {
    const polite = defineStage("polite", (context, next) => {
      context.span.setAttribute("polite.words", 1);
      return next({ request: { ...context.request, user: "somebody" } });
    });
    const { gateway } = setUp({ stages: (defaults) => insertBefore(defaults, "route", polite) });
    const { targets, stages } = await gateway.explain(ask);
    expect(targets[0]?.request?.body).toMatchObject({ user: "somebody" });
    expect(stages).toContainEqual({ stage: "polite", attributes: { "polite.words": 1 } });
  });

  test("inside retry run for each target", async () => {
    const telling = defineStage("telling", (context, next) =>
      next({ request: { ...context.request, user: context.target?.provider ?? "" } }),
    );
    const { gateway } = setUp({ stages: (defaults) => insertAfter(defaults, "retry", telling) });
    const { targets, stages } = await gateway.explain(ask);
    expect(targets[0]?.request?.body).toMatchObject({ user: "openai" });
    expect(targets[1]?.request?.body).toMatchObject({ metadata: { user_id: "anthropic" } });
    expect(stages.filter(({ stage }) => stage === "telling")).toHaveLength(1);
  });

  test("know that nobody is asked, and get to clean up", async () => {
    const seen: unknown[] = [];
    const counting = defineStage("counting", async (context, next) => {
      seen.push(context.get(dryRunKey), context.principal.id);
      try {
        return await next();
      } finally {
        seen.push("left");
      }
    });
    const { gateway } = setUp({ stages: (defaults) => [counting, ...defaults] });
    await gateway.explain(ask, { principal: { id: "ada" } });
    expect(seen).toEqual([true, "ada", "left"]);
    await gateway.chat(ask);
    expect(seen).toEqual([true, "ada", "left", undefined, "in-process", "left"]);
  });

  test("may do retry's work, and ask one target twice", async () => {
    const change = { target: createTarget("openai", "gpt-5-mini") };
    const twice = defineStage("retry", async (_context, next) => {
      try {
        return await next(change);
      } catch {
        return await next(change);
      }
    });
    const { targets } = await setUp({ stages: replaced(twice) }).gateway.explain(ask);
    expect(names(targets)).toEqual(["openai/gpt-5-mini first", "anthropic/claude-haiku-4-5 not-reached"]);
  });

  test("are told by the signal when it is over", async () => {
    let signal: AbortSignal | undefined;
    const lasting = defineStage("lasting", (context, next) => {
      ({ signal } = context);
      expect(signal.aborted).toBe(false);
      return next();
    });
    const { gateway } = setUp({ stages: (defaults) => [lasting, ...defaults] });
    expect(await gateway.explain(ask)).not.toHaveProperty("refused");
    expect(signal?.aborted).toBe(true);
  });

  test("that answer by themselves are named, and what would happen without them is told", async () => {
    const answer = replyOf([]);
    const canned = defineStage("canned", () => Promise.resolve(answer));
    const { gateway } = setUp({ stages: (defaults) => insertBefore(defaults, "cache", canned) });
    const { answeredBy, targets } = await gateway.explain(ask);
    expect(answeredBy).toBe("canned");
    expect(answer.finished.finish()).toEqual({ exit: "unread" });
    expect(names(targets)).toEqual(["openai/gpt-5-mini first", "anthropic/claude-haiku-4-5 fallback"]);
  });

  test("that answer only where all else fails are named only where all else would fail", async () => {
    const sorry = defineStage("sorry", (_context, next) => next().catch(() => replyOf([])));
    const { gateway } = setUp({ stages: (defaults) => [sorry, ...defaults] });
    expect(await gateway.explain(ask)).not.toHaveProperty("answeredBy");
    const { answeredBy, refused } = await gateway.explain({ ...ask, model: "nobody/knows" });
    expect(answeredBy).toBe("sorry");
    expect(refused).toBeUndefined();
  });
});

describe("the cache", () => {
  const result = "llm_gateway.cache.result";

  test("is looked up: an answer it holds would be given, and what a miss would lead to is told all the same", async () => {
    const { gateway } = setUp({ stages: replaced(cache({ ttlMs: 60_000 })) });
    const before = await gateway.explain(ask);
    expect(before.stages[2]?.attributes).toMatchObject({ [result]: "miss" });
    expect(before).not.toHaveProperty("answeredBy");
    await collect(await gateway.chat(ask));
    const after = await gateway.explain(ask);
    expect(after.stages[2]?.attributes).toMatchObject({ [result]: "hit" });
    expect(after.answeredBy).toBe("cache");
    expect(after.targets).toEqual(before.targets);
  });

  test("is not written to", async () => {
    const written: string[] = [];
    const memory = memoryCacheStore();
    const store: CacheStore = { ...memory, set: (key) => void written.push(key) };
    // Reads every answer to its end, which is when the cache would store it.
    const reading = defineStage("reading", async (_context, next) => {
      const reply = await next();
      await collect(reply);
      return replyOf([]);
    });
    const stages = (defaults: Stage[]): Stage[] => [reading, ...replaced(cache({ ttlMs: 60_000, store }))(defaults)];
    const { gateway } = setUp({ stages });
    await gateway.explain(ask);
    expect(written).toEqual([]);
    await gateway.chat(ask);
    expect(written).toHaveLength(1);
  });
});

test("asks, books, counts and traces nothing", async () => {
  const told: string[] = [];
  const onStart = ({ name }: { readonly name: string }): void => void told.push(name);
  const watch = { onStart, onEnd: () => {}, forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() };
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [watch] }));
  const getMeter = (name: string): Meter => {
    told.push(name);
    return createNoopMeter();
  };
  metrics.setGlobalMeterProvider({ getMeter });
  onTestFinished(() => {
    trace.disable();
    metrics.disable();
  });
  const ownLedger = memoryLedger();
  let keys = 0;
  const { gateway, transport, ledger, clock } = setUp({
    providers: [openai({ apiKey: () => `sk-${++keys}` })],
    models: {},
    stages: replaced(meter({ ledger: ownLedger })),
  });
  const health = async (): Promise<unknown> => {
    const response = await gateway.fetchAs({ id: "ada" })("http://gateway.test/v1/health");
    return ((await response.json()) as { targets: unknown }).targets;
  };

  const { targets } = await gateway.explain({ ...ask, model: "openai/gpt-5-mini" });
  expect(targets[0]).toHaveProperty("request");
  expect(transport.requests).toEqual([]);
  expect(keys).toBe(0);
  expect(ledger.rows()).toEqual([]);
  expect(ownLedger.rows()).toEqual([]);
  expect(told).toEqual([]);
  expect(await health()).toEqual([]);
  expect(clock.pendingTimers()).toBe(0);

  await collect(await gateway.chat({ ...ask, model: "openai/gpt-5-mini" }));
  expect([transport.requests.length, keys, ledger.rows().length, ownLedger.rows().length]).toEqual([1, 1, 1, 1]);
  expect(told).toEqual(expect.arrayContaining(["llm_gateway chat", "@llm-gateway/core"]));
  expect(await health()).toHaveLength(1);
});

test("an explanation is plain data", async () => {
  const explanation = await setUp().gateway.explain({ ...ask, routing: { ignore: ["anthropic"] } });
  expect(JSON.parse(JSON.stringify(explanation))).toStrictEqual(explanation);
});

test("a caller who leaves is not kept waiting", async () => {
  const hanging = defineStage("hanging", () => new Promise(() => {}));
  const { gateway, clock } = setUp({ stages: (defaults) => [hanging, ...defaults] });
  const caller = new AbortController();
  const explanation = gateway.explain(ask, { signal: caller.signal });
  caller.abort();
  await expect(explanation).rejects.toMatchObject({ code: "client_closed" });
  await expect(gateway.explain(ask, { signal: caller.signal })).rejects.toMatchObject({ code: "client_closed" });
  expect(clock.pendingTimers()).toBe(0);
});

test("what is no request at all is refused as chat refuses it", async () => {
  const nothing = {} as ChatInput; // as a caller without types may pass it
  await expect(setUp().gateway.explain(nothing)).rejects.toSatisfy(
    (error) => GatewayError.is(error) && error.code === "invalid_value",
  );
});
