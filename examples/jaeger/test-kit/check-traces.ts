import { expect, test } from "vitest";
import type { Span } from "../traces/otlp.ts";
import type { Recorded } from "./record.ts";
import { pathsIn, pathsOf } from "./tree.ts";

const toCache = `
SERVER POST
  llm_gateway chat
    stage normalize request
    stage guardrail request
      guard pii
      guard competitors
      guard secrets
    stage cache request`;

const toRetry = `${toCache}
    stage route request
    stage retry enclose`;

/** What stands inside `retry` for each call. */
const call = `
      stage meter request
      stage translate-stream request`;

const fromGuardrail = `
    stage guardrail stream
      guard pii
      guard competitors
      guard secrets`;

const wayOut = `
    stage translate-stream stream
    stage meter stream
    stage cache stream${fromGuardrail}`;

const one = (spans: readonly Span[], name: string): Span => {
  const [span, ...others] = spans.filter((candidate) => candidate.name === name);
  expect(others).toEqual([]);
  if (span === undefined) throw new Error(`There is no span ${name}.`);
  return span;
};

const gatewayOf = (spans: readonly Span[]): Span => one(spans, "llm_gateway chat");

const stageOf = (spans: readonly Span[], stage: string, phase: string): Span["attributes"] | undefined =>
  spans.find(
    ({ name, attributes }) => name === `llm_gateway.stage ${stage}` && attributes["llm_gateway.stage.phase"] === phase,
  )?.attributes;

/** The traces of a round are what they should be. */
export const checkTraces = (record: () => Promise<Recorded>): void => {
  const spansOf = async (title: string): Promise<readonly Span[]> => (await record()).spansOf(title);

  test("a whole answer: each stage, the inference and its call", async () => {
    const spans = await spansOf("A whole answer");
    expect(pathsOf(spans)).toEqual(
      pathsIn(`${toRetry}${call}
      CLIENT chat gpt-5-mini
        CLIENT POST 200${wayOut}`),
    );
    expect(gatewayOf(spans)).toMatchObject({
      failed: false,
      attributes: {
        "llm_gateway.operation": "chat",
        "llm_gateway.dialect": "openai.chat",
        "llm_gateway.request.model": "fast",
        "llm_gateway.request.stream": false,
        "llm_gateway.tenant": "acme",
        "user.id": "ada",
        "llm_gateway.outcome": "ok",
        "llm_gateway.target": "openai/gpt-5-mini",
        "llm_gateway.attempt.count": 1,
        "llm_gateway.fallback.count": 0,
        "http.response.status_code": 200,
      },
    });
    expect(one(spans, "chat gpt-5-mini")).toMatchObject({
      failed: false,
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5-mini",
        "gen_ai.response.model": "gpt-5-mini",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": expect.any(Number),
        "gen_ai.usage.output_tokens": expect.any(Number),
        "server.address": "127.0.0.1",
      },
    });
    expect(stageOf(spans, "route", "request")).toMatchObject({
      "llm_gateway.route.name": "fast",
      "llm_gateway.route.targets": ["openai/gpt-5-mini", "anthropic/claude-haiku-4-5"],
    });
    expect(stageOf(spans, "cache", "stream")).toMatchObject({ "llm_gateway.cache.stored": true });
    expect(stageOf(spans, "meter", "stream")).toMatchObject({ "llm_gateway.cost.source": "local" });
  });

  test("a provider that is down: an inference for each target, a span for each call", async () => {
    const spans = await spansOf("A provider is down: the next one answers");
    expect(pathsOf(spans)).toEqual(
      pathsIn(`${toRetry}${call}${call}${call}
      CLIENT chat gpt-5-mini
        CLIENT POST 503
        CLIENT POST 503
      CLIENT chat claude-haiku-4-5
        CLIENT POST 200${wayOut}`),
    );
    expect(gatewayOf(spans)).toMatchObject({
      failed: false,
      attributes: {
        "llm_gateway.outcome": "ok",
        "llm_gateway.target": "anthropic/claude-haiku-4-5",
        "llm_gateway.attempt.count": 3,
        "llm_gateway.fallback.count": 1,
      },
    });
    expect(one(spans, "chat gpt-5-mini")).toMatchObject({
      failed: true,
      attributes: { "error.type": "503", "llm_gateway.attempt.reason": "initial" },
    });
    expect(one(spans, "chat claude-haiku-4-5")).toMatchObject({
      failed: false,
      attributes: { "llm_gateway.attempt.reason": "fallback" },
    });
    expect(one(spans, "llm_gateway.stage retry")).toMatchObject({
      failed: false,
      events: expect.arrayContaining(["llm_gateway.retry", "llm_gateway.fallback"]),
    });
  });

  test("too many requests: the same target is asked again, after the wait it asked for", async () => {
    const spans = await spansOf("Too many requests: asked again");
    expect(pathsOf(spans)).toEqual(
      pathsIn(`${toRetry}${call}${call}
      CLIENT chat gpt-5-mini
        CLIENT POST 429
        CLIENT POST 200${wayOut}`),
    );
    const again = spans.find(({ attributes }) => attributes["http.request.resend_count"] === 1);
    expect(again?.attributes["llm_gateway.retry.delay"]).toBeGreaterThanOrEqual(0.15);
    expect(one(spans, "chat gpt-5-mini").failed).toBe(false);
  });

  test("a model of one's own that does not run, and is then known not to", async () => {
    const first = await spansOf("A model of one's own does not run: the next one answers");
    expect(one(first, "chat llama3.2")).toMatchObject({
      failed: true,
      attributes: { "error.type": "connection_error", "gen_ai.provider.name": "ollama" },
    });
    const second = await spansOf("Known not to run: not asked at all");
    expect(second.map(({ name }) => name)).not.toContain("chat llama3.2");
    expect(stageOf(second, "route", "request")).toMatchObject({
      "llm_gateway.route.skipped": ["ollama/llama3.2:open"],
    });
  });

  test("a cached answer, whole and as a stream: nothing is inferred", async () => {
    for (const title of ["Asked before: from the cache", "From the cache, as a stream"]) {
      const spans = await spansOf(title);
      expect(pathsOf(spans)).toEqual(pathsIn(`${toCache}${fromGuardrail}`));
      expect(gatewayOf(spans).attributes).toMatchObject({ "llm_gateway.outcome": "cache_hit" });
      expect(stageOf(spans, "cache", "request")).toMatchObject({
        "llm_gateway.cache.result": "hit",
        "llm_gateway.stage.outcome": "short_circuit",
      });
    }
  });

  test("verdicts on the way in and on the way out, none of them a failure", async () => {
    const verdictOf = async (title: string, guard: string, direction: string): Promise<unknown> =>
      (await spansOf(title)).find(
        ({ name, attributes, failed }) =>
          name === `llm_gateway.guard ${guard}` &&
          attributes["llm_gateway.guardrail.direction"] === direction &&
          !failed,
      )?.attributes["llm_gateway.guardrail.verdict"];
    expect(await verdictOf("A card number in the prompt is redacted", "pii", "input")).toBe("redact");
    expect(await verdictOf("An e-mail address in the answer is redacted", "pii", "output")).toBe("redact");
    expect(await verdictOf("A competitor is named, which is noted", "competitors", "input")).toBe("flag");
    expect(await verdictOf("A forbidden topic is blocked", "secrets", "input")).toBe("block");

    const blocked = await spansOf("A forbidden topic is blocked");
    expect(pathsOf(blocked)).toEqual(pathsIn(toCache.replace(/\n.*$/, "")));
    expect(gatewayOf(blocked)).toMatchObject({
      failed: false,
      attributes: { "llm_gateway.outcome": "blocked", "http.response.status_code": 400 },
    });
  });

  test("a client that leaves: nobody failed, but the call was given up", async () => {
    const spans = await spansOf("A client that leaves");
    expect(gatewayOf(spans)).toMatchObject({
      failed: false,
      attributes: { "llm_gateway.outcome": "aborted" },
      events: expect.arrayContaining(["llm_gateway.client_disconnected"]),
    });
    expect(one(spans, "chat claude-sonnet-4-5").attributes).toMatchObject({
      "error.type": "client_disconnected",
      "llm_gateway.usage.estimated": true,
    });
  });

  test("an answer that breaks half way: the call, the inference and the gateway say so", async () => {
    const spans = await spansOf("An answer that breaks half way");
    const failed = spans.filter((span) => span.failed && span.attributes["error.type"] === "upstream_stream_error");
    expect(pathsOf(spans)).toEqual(
      pathsIn(`${toRetry}${call}
      CLIENT chat gpt-5-mini
        CLIENT POST 200${wayOut}`),
    );
    expect(failed.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["llm_gateway chat", "chat gpt-5-mini", "POST"]),
    );
  });

  test("only inferences have usage, and a parameter that was left out is named", async () => {
    const spans = await spansOf("A parameter that the model lacks");
    const counted = spans.filter(({ attributes }) =>
      Object.keys(attributes).some((name) => name.startsWith("gen_ai.usage.")),
    );
    expect(counted.map(({ name }) => name)).toEqual(["chat claude-haiku-4-5"]);
    expect(counted[0]?.attributes).toMatchObject({ "llm_gateway.normalize.dropped_params": ["seed"] });
  });

  test("every span has a length", async () => {
    const spans = await spansOf("A stream");
    expect(spans.filter(({ start, end }) => end <= start)).toEqual([]);
    expect(spans.filter(({ attributes }) => "@jaeger@warnings" in attributes)).toEqual([]);
  });
};
