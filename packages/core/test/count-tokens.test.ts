import { createServer } from "node:http";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { context as otelContext, createContextKey as createOtelKey } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import OpenAI from "openai";
import { describe, expect, onTestFinished, test } from "vitest";
import { toNodeHandler } from "../src/http/node.ts";
import {
  anthropic,
  bedrock,
  cache,
  createGateway,
  defineStage,
  denyPatterns,
  dryRunKey,
  gemini,
  guardrail,
  insertBefore,
  memoryLedger,
  openai,
  openaiCompatible,
  pii,
  replyOf,
  UpstreamError,
  type GatewayOptions,
} from "../src/index.ts";
import { listen } from "../src/testing/adapter/listen.ts";
import { patienceMs, until } from "../src/testing/adapter/within.ts";
import { createFakeClock, createFakeTransport, type FakeAnswer } from "../src/testing/index.ts";
import { chatAnswer } from "../src/testing/wire.ts";
import type { TransportRequest } from "../src/transport/transport.ts";
import { allRecordings, present } from "./recordings/fixtures.ts";

const setUp = (
  respond: (request: TransportRequest) => FakeAnswer | Promise<FakeAnswer>,
  options: GatewayOptions = {},
) => {
  const transport = createFakeTransport(respond);
  const ledger = memoryLedger();
  const clock = createFakeClock();
  const logged: unknown[] = [];
  const log = (...line: unknown[]): void => void logged.push(line);
  const gateway = createGateway({
    providers: [
      openai({ apiKey: "sk-o" }),
      openai({ id: "responses", apiKey: "sk-r", api: "responses" }),
      anthropic({ apiKey: "sk-a" }),
      gemini({ apiKey: "sk-g" }),
      openaiCompatible({ id: "house", baseURL: "http://127.0.0.1:8000/v1" }),
      bedrock({ apiKey: "sk-b", region: "us-east-1" }),
    ],
    models: { either: ["anthropic/claude-haiku-4-5", "gemini/gemini-2.5-flash"] },
    authenticate: ({ credential }) => (credential === "k" ? { id: "ada" } : null),
    transport,
    clock,
    random: () => 0,
    stores: { ledger },
    logger: { debug: log, info: log, warn: log, error: log },
    ...options,
  });
  const post = (path: string, body: unknown, init: RequestInit = {}): Promise<Response> =>
    gateway.fetch(
      new Request(`http://gateway.test${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-api-key": "k" },
        body: typeof body === "string" ? body : JSON.stringify(body),
        ...init,
      }),
    );
  const sent = (index = 0): unknown => JSON.parse(Buffer.from(transport.requests[index]?.body ?? "").toString());
  const fetch = gateway.fetchAs({ id: "ada" });
  return { gateway, transport, ledger, clock, logged, post, sent, fetch };
};

const path = "/v1/messages/count_tokens";
const claude = "anthropic/claude-haiku-4-5";
const flash = "gemini/gemini-2.5-flash";
const mini = "openai/gpt-5-mini";
const house = "house/gpt-5-mini";
const messages = [{ role: "user" as const, content: "How is the weather in Rome?" }];
const schema = { type: "object" as const, properties: { city: { type: "string" } } };
const tools = [{ name: "weather", description: "Tells the weather.", input_schema: schema }];
const prompt = { model: claude, system: "Be terse.", messages, tools };
const contents = [{ role: "user", parts: [{ text: "How is the weather in Rome?" }] }];

describe("a provider that counts is asked", () => {
  test("Anthropic's client, of Anthropic: the request and the answer pass as they came", async () => {
    const said = `{"input_tokens": 43, "context_management": {"original_input_tokens": 50}}`;
    const there = setUp(() => ({ body: said }));
    const written = `{"messages":[{"role":"user","content":"H\\u00e9"}], "model" : "${claude}", "new": 1.0}`;
    const response = await there.post(`${path}?beta=true`, written);
    expect(await response.text()).toBe(said);
    expect(response.headers.get("x-llm-gateway-target")).toBe(claude);
    expect(response.headers.has("x-llm-gateway-estimated")).toBe(false);
    const [request] = there.transport.requests;
    expect(request?.url).toBe("https://api.anthropic.com/v1/messages/count_tokens");
    expect(request?.headers).toMatchObject({ "x-api-key": "sk-a", "anthropic-version": "2023-06-01" });
    expect(Buffer.from(request?.body ?? "").toString()).toBe(written.replace("anthropic/", ""));
  });

  test("by Anthropic's SDK, of Gemini, with what else a prompt has", async () => {
    const { fetch, sent, transport } = setUp(() => ({ body: { totalTokens: 61 } }));
    const client = new Anthropic({ apiKey: "k", baseURL: "http://gateway.test", fetch, maxRetries: 0 });
    expect(await client.messages.countTokens({ ...prompt, model: flash })).toEqual({ input_tokens: 61 });
    expect(transport.requests[0]?.url).toMatch(/\/v1beta\/models\/gemini-2\.5-flash:countTokens$/);
    expect(sent()).toMatchObject({
      generateContentRequest: {
        model: "models/gemini-2.5-flash",
        systemInstruction: { parts: [{ text: "Be terse." }] },
        contents,
        tools: [{ functionDeclarations: [{ name: "weather" }] }],
      },
    });
  });

  test("by Google's SDK, of Gemini and of Anthropic", async () => {
    const there = setUp(({ url }) => ({ body: url.includes("google") ? { totalTokens: 7 } : { input_tokens: 9 } }));
    const server = createServer(toNodeHandler(there.gateway));
    const baseUrl = await listen({ defer: (stop) => onTestFinished(() => void stop()) }, server);
    const client = new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl } });
    const ask = { contents: "How is the weather in Rome?" };
    expect(await client.models.countTokens({ ...ask, model: flash })).toMatchObject({ totalTokens: 7 });
    expect(there.sent()).toEqual({ contents });
    expect(await client.models.countTokens({ ...ask, model: claude })).toMatchObject({ totalTokens: 9 });
    expect(there.sent(1)).toEqual({ model: "claude-haiku-4-5", messages: [{ role: "user", content: anyText }] });
  });

  test("Gemini's whole request in a request names the model that is asked", async () => {
    const said = { totalTokens: 61, promptTokensDetails: [{ modality: "TEXT", tokenCount: 61 }] };
    const { post, sent } = setUp(() => ({ body: said }));
    const asked = { contents, systemInstruction: { parts: [{ text: "Be terse." }] }, new_field: 1 };
    const body = { generateContentRequest: { model: `models/${flash}`, ...asked } };
    const response = await post(`/v1beta/models/${flash}:countTokens`, body);
    expect(await response.json()).toEqual(said);
    expect(sent()).toEqual({ generateContentRequest: { model: "models/gemini-2.5-flash", ...asked } });
    await post(`/v1beta/models/${flash}:countTokens`, asked);
    expect(sent(1)).toEqual(sent());
  });

  test("by OpenAI's SDK, of OpenAI's Responses and of Anthropic", async () => {
    const { fetch, sent, transport } = setUp(({ url }) => ({
      body: { ...(url.includes("openai") ? { object: "response.input_tokens" } : {}), input_tokens: 47 },
    }));
    const client = new OpenAI({ apiKey: "k", baseURL: "http://gateway.test/v1", fetch, maxRetries: 0 });
    const counted = { object: "response.input_tokens", input_tokens: 47 };
    const ask = { input: "How is the weather in Rome?", instructions: "Be terse." };
    expect(await client.responses.inputTokens.count({ model: "responses/gpt-5.4", ...ask })).toEqual(counted);
    expect(transport.requests[0]?.url).toBe("https://api.openai.com/v1/responses/input_tokens");
    expect(sent()).toEqual({ model: "gpt-5.4", ...ask });
    expect(await client.responses.inputTokens.count({ model: claude, ...ask })).toEqual(counted);
    expect(sent(1)).toMatchObject({ system: [{ text: "Be terse." }], messages: [{ role: "user" }] });
  });

  test("Anthropic's client, of OpenAI's Responses: what only an answer needs is left out", async () => {
    const { post, sent } = setUp(() => ({ body: { object: "response.input_tokens", input_tokens: 47 } }));
    const answer = await post(path, { ...prompt, model: "responses/gpt-5.4", thinking: { type: "adaptive" } });
    expect(await answer.json()).toEqual({ input_tokens: 47 });
    expect(Object.keys(sent() as object).toSorted()).toEqual(["input", "instructions", "model", "tools"]);
  });

  test("a model of OpenAI's chat, which itself counts nothing", async () => {
    const { post, transport } = setUp(() => ({ body: { object: "response.input_tokens", input_tokens: 47 } }));
    expect(await (await post(path, { ...prompt, model: mini })).json()).toEqual({ input_tokens: 47 });
    expect(transport.requests[0]?.url).toBe("https://api.openai.com/v1/responses/input_tokens");
  });

  test("a client of another dialect, of Anthropic: no limit, no stream, no sampling", async () => {
    const { post, sent } = setUp(() => ({ body: { input_tokens: 5 } }));
    const generationConfig = { temperature: 1, maxOutputTokens: 7, thinkingConfig: { thinkingBudget: 2048 } };
    await post(`/v1beta/models/${claude}:countTokens`, { generateContentRequest: { contents, generationConfig } });
    expect(sent()).toEqual({
      model: "claude-haiku-4-5",
      messages: [{ role: "user", content: anyText }],
      thinking: { type: "enabled", budget_tokens: 2048 },
    });
  });

  test("the first target that the request can be put to, and of those the first that is well", async () => {
    const { post, transport } = setUp(({ url }) =>
      url.includes("anthropic") ? { status: 401, body: {} } : { body: { totalTokens: 5 } },
    );
    const count = async (): Promise<unknown> => (await post(path, { ...prompt, model: "either" })).json();
    expect(await count()).not.toEqual({ input_tokens: 5 });
    // A key that was refused rests, but only an answer finds that out.
    await post("/v1/messages", { ...prompt, model: "either", max_tokens: 5 });
    const before = transport.requests.length;
    expect(await count()).toEqual({ input_tokens: 5 });
    expect(transport.requests.length).toBe(before + 1);
  });

  test("and no instrumentation of the host adds to the call", async () => {
    otelContext.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    onTestFinished(() => otelContext.disable());
    const key = createOtelKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");
    const suppressed: unknown[] = [];
    const { post } = setUp(() => {
      suppressed.push(otelContext.active().getValue(key));
      return { body: { input_tokens: 5 } };
    });
    await post(path, prompt);
    expect(suppressed).toEqual([true]);
  });
});

const anyText: unknown = expect.anything();

describe("tokens are estimated, and said to be", () => {
  const estimateOf = async (response: Response): Promise<number> => {
    expect(response.status).toBe(200);
    expect(response.headers.get("x-llm-gateway-estimated")).toBe("true");
    const { input_tokens: tokens } = (await response.json()) as { input_tokens: number };
    expect(tokens).toBeGreaterThan(5);
    return tokens;
  };

  test("where the provider does not count: it is not asked", async () => {
    const { post, transport } = setUp(() => ({ body: {} }));
    const short = await estimateOf(await post(path, { ...prompt, model: house }));
    const long = { ...prompt, model: house, system: "Be terse. ".repeat(50) };
    expect(await estimateOf(await post(path, long))).toBeGreaterThan(short);
    expect(transport.requests).toHaveLength(0);
  });

  test.each<[string, FakeAnswer | Error]>([
    ["does not know the route", { status: 404, body: { error: { message: "canary" } } }],
    ["is out of order", { status: 500, body: "canary" }],
    ["says something else", { body: { tokens: "canary" } }],
    ["says what is no JSON", { body: "canary" }],
    ["breaks off", { body: ["{"], headers: {}, breaksWith: new UpstreamError("upstream_reset", "canary") }],
    ["cannot be reached", new UpstreamError("upstream_unreachable", "canary")],
  ])("where the provider %s, once", async (_what, answer) => {
    const { post, transport, ledger, logged } = setUp(() => {
      if (answer instanceof Error) throw answer;
      return answer;
    });
    for (let round = 0; round < 6; round++) await estimateOf(await post(path, prompt));
    expect(transport.requests).toHaveLength(6);
    expect(ledger.rows()).toEqual([]);
    expect(logged).toHaveLength(6);
    expect(JSON.stringify(logged)).toContain(claude);
    expect(JSON.stringify(logged)).not.toContain("canary");
  });

  test("where the provider says nothing for too long", async () => {
    const { post, transport, clock } = setUp(() => new Promise(() => undefined), { timeouts: { totalMs: 5_000 } });
    const response = post(path, prompt);
    await until(patienceMs, "the provider to be asked", () => transport.requests.length === 1);
    // The watchdog looks twice.
    await clock.advance(5_001);
    await estimateOf(await response);
    expect(transport.requests[0]?.signal.aborted).toBe(true);
  });

  test("for a stage that answers where nobody can", async () => {
    const canned = defineStage("canned", (_context, next) => next().catch(() => replyOf([])));
    const { post } = setUp(() => ({ body: {} }), { stages: (defaults) => [canned, ...defaults] });
    expect(await estimateOf(await post(path, { ...prompt, model: "nobody/m" }))).toBeGreaterThan(5);
  });
});

describe("the stages see the request as they see any other", () => {
  test("a guardrail blocks it: no provider is told of it", async () => {
    const { post, transport } = setUp(() => ({ body: { input_tokens: 5 } }), {
      stages: (defaults) => [guardrail({ rules: [denyPatterns({ patterns: [/weather/] })] }), ...defaults],
    });
    const response = await post(path, prompt);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
    expect(transport.requests).toHaveLength(0);
  });

  test("a guardrail redacts it", async () => {
    const { post, sent } = setUp(() => ({ body: { input_tokens: 5 } }), {
      stages: (defaults) => [guardrail({ rules: [pii({ action: "redact" })] }), ...defaults],
    });
    await post(path, { ...prompt, system: "Ask ada@example.com." });
    expect(JSON.stringify(sent())).not.toContain("ada@example.com");
    expect(sent()).not.toHaveProperty("max_tokens");
  });

  test("a stage knows it for a dry run; what it adds is counted", async () => {
    const seen: unknown[] = [];
    const add = defineStage("add", (context, next) => {
      seen.push(context.get(dryRunKey), context.principal.id, context.id);
      return next({
        request: { ...context.request, messages: [...context.request.messages, { role: "user", parts: added }] },
      });
    });
    const added = [{ type: "text" as const, text: "And in Oslo?" }];
    const { post, sent } = setUp(() => ({ body: { input_tokens: 5 } }), {
      stages: (defaults) => insertBefore(defaults, "route", add),
    });
    const response = await post(path, prompt);
    expect(seen).toEqual([true, "ada", response.headers.get("x-request-id")]);
    expect(JSON.stringify(sent())).toContain("Oslo");
  });

  test("nothing is stored and nothing booked, and a stored answer is no count", async () => {
    const { post, transport, ledger } = setUp(
      ({ url }) => ({ body: url.endsWith("count_tokens") ? { input_tokens: 5 } : claudeAnswer }),
      { stages: (defaults) => [cache({ ttlMs: 60_000 }), ...defaults] },
    );
    const counted = { input_tokens: 5 };
    expect(await (await post(path, prompt)).json()).toEqual(counted);
    expect(ledger.rows()).toEqual([]);
    await post("/v1/messages", { ...prompt, max_tokens: 9 });
    expect(await (await post(path, prompt)).json()).toEqual(counted);
    expect(transport.requests).toHaveLength(3);
    expect(ledger.rows()).toHaveLength(1);
  });
});

const claudeAnswer = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-haiku-4-5",
  content: [{ type: "text", text: "Sunny." }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 5 },
};

describe("what cannot be counted", () => {
  test.each([
    ["a body that is none", "{", 400, "invalid_request_error"],
    ["no messages", { model: claude }, 400, "invalid_request_error"],
    ["a model that nobody knows", { ...prompt, model: "nobody/m" }, 404, "not_found_error"],
  ])("%s", async (_what, body, status, type) => {
    const { post, transport } = setUp(() => ({ body: {} }));
    const response = await post(path, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ type: "error", error: { type } });
    expect(transport.requests).toHaveLength(0);
  });

  test("what no target takes", async () => {
    const { post } = setUp(() => ({ body: {} }));
    const audio = { inlineData: { mimeType: "audio/wav", data: "AAAA" } };
    const response = await post(`/v1beta/models/${claude}:countTokens`, { contents: [{ parts: [audio] }] });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { status: "INVALID_ARGUMENT" } });
  });

  test("for nobody we know, with another method, and while the gateway shuts down", async () => {
    const { gateway, post } = setUp(() => ({ body: {} }));
    expect((await post(path, prompt, { headers: { "content-type": "application/json" } })).status).toBe(401);
    const get = await gateway.fetch(new Request(`http://gateway.test${path}`));
    expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
    await gateway.close({ drainMs: 1 });
    expect((await post(path, prompt)).status).toBe(503);
  });

  test("when the client leaves, the provider is not kept working", async () => {
    const { post, transport, logged } = setUp(() => new Promise(() => undefined));
    const leave = new AbortController();
    const response = post(path, prompt, { signal: leave.signal }).catch(() => undefined);
    await until(patienceMs, "the provider to be asked", () => transport.requests.length === 1);
    leave.abort();
    await until(patienceMs, "the call to be given up", () => transport.requests[0]?.signal.aborted === true);
    await response;
    expect(logged).toEqual([]);
  });
});

test("a path that is nobody's is told of every route there is", async () => {
  const { post } = setUp(() => ({ body: chatAnswer("") }));
  const response = await post("/v1/audio/speech", {});
  expect(response.status).toBe(404);
  const { error } = (await response.json()) as { error: { message: string } };
  for (const route of [
    "POST /v1/chat/completions",
    "POST /v1/responses",
    "POST /v1/messages/count_tokens",
    "POST /v1beta/models/{model}:countTokens",
    "POST /v1/models/{model}:generateContent",
    "GET /v1/models/{model}",
    "GET /v1/health",
  ]) {
    expect(error.message).toContain(route);
  }
});

describe.skipIf(!present)("recorded counts (skipped where they are absent)", () => {
  const read = (name: string): { readonly request: { model?: string }; readonly response: unknown } => {
    const { request, body } = allRecordings.find(({ dir }) => dir === name) ?? {};
    return { request: request?.body ?? {}, response: JSON.parse(String(body)) };
  };

  test.each([
    [path, "anthropic", "anthropic/anthropic-count-chat-count-tokens-with-anthropic-claude-haiku-4-5-counts-request"],
    [
      "/v1/responses/input_tokens",
      "responses",
      "openai/openai-responses-count-token-count-uses-endpoint-and-counts-tools-2",
    ],
    [
      "/v1beta/models/gemini/gemini-3.5-flash:countTokens",
      "gemini",
      "gemini/gemini-count-chat-count-tokens-with-gemini-gemini-3-5-flash-counts-the-next-r-2",
    ],
  ])("at %s pass both ways", async (route, provider, name) => {
    const { request, response } = read(name);
    const { post, sent } = setUp(() => ({ body: response as object }));
    const asked = request.model === undefined ? request : { ...request, model: `${provider}/${request.model}` };
    expect(await (await post(route, asked)).json()).toEqual(response);
    expect(sent()).toEqual(request);
  });

  test("of Bedrock are written as they were", async () => {
    const { request, response } = read("bedrock/bedrock-count-count-tokens-tool-config");
    const { post, sent, transport } = setUp(() => ({ body: response as object }));
    const parameters = { type: "object" as const, properties: { location: { type: "string" } } };
    const answer = await post(path, {
      model: "bedrock/anthropic.claude-sonnet-4-20250514-v1:0",
      messages: [{ role: "user", content: "What is the weather in Paris?" }],
      tools: [{ name: "get_weather", description: "Get the weather for a location", input_schema: parameters }],
      tool_choice: { type: "auto" },
    });
    expect(await answer.json()).toEqual({ input_tokens: 375 });
    const { input } = request as { input?: { converse?: object } };
    expect(sent()).toEqual({ input: { converse: { ...input?.converse, system: undefined } } });
    expect(transport.requests[0]?.url).toMatch(/\/model\/anthropic\.claude-sonnet-4-20250514-v1%3A0\/count-tokens$/);
  });
});
