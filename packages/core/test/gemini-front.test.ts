import { describe, expect, test } from "vitest";
import {
  allowAnyone,
  anthropic,
  createGateway,
  defineStage,
  gemini,
  openai,
  type GatewayOptions,
} from "../src/index.ts";
import { silent } from "../src/testing/adapter/start-host.ts";
import { createFakeClock, createFakeTransport, type FakeAnswer } from "../src/testing/index.ts";
import { chatAnswer, chatChunk, chatStream, messagesStream } from "../src/testing/wire.ts";
import { allRecordings, present } from "./recordings/fixtures.ts";

const setUp = (respond: () => FakeAnswer | Promise<FakeAnswer>, options: GatewayOptions = {}) => {
  const transport = createFakeTransport(respond);
  const clock = createFakeClock();
  const gateway = createGateway({
    providers: [openai({ apiKey: "sk-o" }), anthropic({ apiKey: "sk-a" }), gemini({ apiKey: "sk-g" })],
    authenticate: allowAnyone(),
    transport,
    clock,
    random: () => 0,
    logger: silent,
    ...options,
  });
  const ask = (path: string, body: unknown, init: RequestInit = {}): Promise<Response> =>
    gateway.fetch(
      new Request(`http://gateway.test/v1beta/models/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-goog-api-key": "k" },
        body: typeof body === "string" ? body : JSON.stringify(body),
        ...init,
      }),
    );
  const sent = (): string => Buffer.from(transport.requests[0]?.body ?? "").toString();
  return { gateway, transport, clock, ask, sent };
};

const hello = { contents: [{ role: "user", parts: [{ text: "Hello" }] }] };
const openaiModel = "openai/gpt-5-mini";
const geminiModel = "gemini/gemini-2.5-flash";

/** The data of a stream's events, as the official clients cut it. */
const dataOf = (text: string): unknown[] =>
  text
    .split(/\r\n\r\n|\n\n/)
    .filter((event) => event.trim() !== "")
    .map((event) => {
      // One of them takes anything else for a failure.
      expect(event.startsWith("data: ")).toBe(true);
      return JSON.parse(event.slice("data: ".length)) as unknown;
    });

/** What came of a body, and whether it came to its end. */
const readAll = async (response: Response): Promise<{ readonly text: string; readonly isBroken: boolean }> => {
  let text = "";
  try {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
    return { text, isBroken: false };
  } catch {
    return { text, isBroken: true };
  }
};

const answer = (parts: readonly object[], more: object = {}): object => ({
  candidates: [{ content: { parts, role: "model" }, finishReason: "STOP", index: 0 }],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
  modelVersion: "gemini-2.5-flash",
  responseId: "r",
  ...more,
});
const chunk = (data: unknown): string => `data: ${JSON.stringify(data)}\r\n\r\n`;
const textChunk = (text: string): string =>
  chunk({
    candidates: [{ content: { parts: [{ text }], role: "model" }, index: 0 }],
    modelVersion: "gemini-2.5-flash",
  });

describe("a whole answer", () => {
  test.each([
    ["with a slash", openaiModel],
    ["percent-encoded", encodeURIComponent(openaiModel)],
    ["percent-encoded with the verb", encodeURIComponent(`${openaiModel}:generateContent`)],
  ])("of another dialect's provider, the model's name %s", async (_, name) => {
    const { ask, transport } = setUp(() => ({ body: chatAnswer("Hello") }));
    const path = name.endsWith("generateContent") ? name : `${name}:generateContent`;
    const response = await ask(path, hello);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      candidates: [{ content: { parts: [{ text: "Hello" }], role: "model" }, finishReason: "STOP", index: 0 }],
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
      modelVersion: "gpt-test-2026",
      responseId: "chatcmpl-1",
      createTime: "2023-11-14T22:13:20.000Z",
    });
    expect(transport.requests[0]?.url).toBe("https://api.openai.com/v1/chat/completions");
  });

  test("is the same below the API's other version, which newer clients ask for", async () => {
    const { gateway } = setUp(() => ({ body: answer([{ text: "Hi" }]) }));
    const url = `http://gateway.test/v1/models/${geminiModel}:generateContent`;
    const headers = { "content-type": "application/json" };
    const asked = await gateway.fetch(new Request(url, { method: "POST", headers, body: JSON.stringify(hello) }));
    expect(await asked.json()).toEqual(answer([{ text: "Hi" }]));
    expect((await gateway.fetch(new Request(url.replace("generate", "embed"), { method: "POST" }))).status).toBe(404);
  });

  test("and its request pass byte for byte to a provider of the same dialect", async () => {
    const body = `{ "contents":[{"parts":[{"text":"H\\u00e9"}],"role":"user"}],\n "new_field": 1.0 }`;
    const reply = `{"candidates": [{"content":{"parts":[{"text":"\\u00e9"}]},"finishReason":"STOP"}], "new": 1.0}`;
    const { ask, sent, transport } = setUp(() => ({ body: reply }));
    const response = await ask(`${geminiModel}:generateContent`, body);
    expect(await response.text()).toBe(reply);
    expect(sent()).toBe(body);
    expect(transport.requests[0]?.url).toMatch(/\/v1beta\/models\/gemini-2\.5-flash:generateContent$/);
  });

  test("of a prompt that was blocked passes as it came", async () => {
    const blocked = { promptFeedback: { blockReason: "PROHIBITED_CONTENT" }, usageMetadata: { promptTokenCount: 9 } };
    const { ask } = setUp(() => ({ body: blocked }));
    expect(await (await ask(`${geminiModel}:generateContent`, hello)).json()).toEqual(blocked);
  });

  test("keeps what a stage did to the request, and is written anew where a stage changed the answer", async () => {
    const shorten = defineStage("shorten", (context, next) =>
      next({ request: { ...context.request, maxOutputTokens: 7 } }),
    );
    const { ask, sent } = setUp(() => ({ body: answer([{ text: "Hi" }]) }), {
      stages: (stages) => [shorten, ...stages],
    });
    const body = { ...hello, safetySettings: [{ category: "C", threshold: "OFF" }], labels: { a: "b" } };
    expect(await (await ask(`${geminiModel}:generateContent`, body)).json()).toEqual(answer([{ text: "Hi" }]));
    expect(JSON.parse(sent())).toEqual({ ...body, generationConfig: { maxOutputTokens: 7 } });
  });
});

describe("a stream", () => {
  const frames = [textChunk("Hel"), textChunk("lo"), chunk(answer([{ text: "" }]))];

  test("of the same dialect passes frame by frame", async () => {
    const { ask, transport } = setUp(() => ({ body: frames }));
    const response = await ask(`${geminiModel}:streamGenerateContent?alt=sse`, hello);
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(await readAll(response)).toEqual({ text: frames.join(""), isBroken: false });
    expect(transport.requests[0]?.url).toMatch(/:streamGenerateContent\?alt=sse$/);
  });

  test("is one JSON array where no events are asked for, its items as they came", async () => {
    const { ask } = setUp(() => ({ body: [": comment\n\n", ...frames] }));
    const response = await ask(`${geminiModel}:streamGenerateContent`, hello);
    expect(response.headers.get("content-type")).toBe("application/json");
    const items = frames.map((frame) => frame.slice("data: ".length).trim());
    expect(await response.text()).toBe(`[${items.join(",\r\n")}]`);
  });

  test.each([
    ["?alt=sse", dataOf],
    ["", (text: string) => JSON.parse(text) as unknown[]],
  ])("of another dialect is written in chunks, the end last: %s", async (query, parse) => {
    const { ask } = setUp(() => ({ body: chatStream("Hel", "lo") }));
    const { text, isBroken } = await readAll(await ask(`${openaiModel}:streamGenerateContent${query}`, hello));
    expect(isBroken).toBe(false);
    const head = { modelVersion: "gpt-test-2026", responseId: "chatcmpl-1", createTime: "2023-11-14T22:13:20.000Z" };
    const candidate = (words: string, more: object = {}): object => ({
      candidates: [{ content: { parts: [{ text: words }], role: "model" }, ...more, index: 0 }],
    });
    expect(parse(text)).toEqual([
      { ...candidate("Hel"), ...head },
      { ...candidate("lo"), ...head },
      {
        ...candidate("", { finishReason: "STOP" }),
        usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
        ...head,
      },
    ]);
  });

  test.each([
    ["?alt=sse", /data: \{"error":.*\}\r\n\r\n$/],
    ["", /,\r\n\{"error":.*\}\]$/],
  ])("that fails in the middle tells it and breaks off: %s", async (query, expected) => {
    const { ask } = setUp(() => ({ body: [textChunk("Hel"), chunk({ error: { code: 503, status: "UNAVAILABLE" } })] }));
    const { text, isBroken } = await readAll(await ask(`${geminiModel}:streamGenerateContent${query}`, hello));
    expect(text).toMatch(expected);
    expect(text).toContain('"code":503');
    expect(text).toContain('"status":"UNAVAILABLE"');
    expect(text).not.toContain("finishReason");
    expect(isBroken).toBe(true);
  });

  test("that is cut at any byte never looks complete", async () => {
    const whole = Buffer.from([textChunk("Hé"), textChunk("lo")].join(""));
    for (let cut = 1; cut < whole.length; cut += 7) {
      const { ask } = setUp(() => ({
        body: [whole.subarray(0, cut)],
        headers: { "content-type": "text/event-stream" },
      }));
      const response = await ask(`${geminiModel}:streamGenerateContent`, hello);
      const { text, isBroken } = await readAll(response);
      expect(response.status !== 200 || isBroken, `cut at ${cut}: ${text}`).toBe(true);
      expect(text).not.toContain("finishReason");
      expect(text).toContain('"error"');
    }
  });

  test.each([
    ["?alt=sse", /^data: /, dataOf, 3],
    ["", /^\s+\[/, (text: string) => JSON.parse(text) as unknown[], 2],
  ])("that is silent is kept alive by what clients understand: %s", async (query, beginning, parse, atLeast) => {
    const gate = Promise.withResolvers<FakeAnswer>();
    const { ask, clock } = setUp(() => gate.promise);
    const response = ask(`${openaiModel}:streamGenerateContent${query}`, hello);
    await clock.advance(40_000);
    gate.resolve({ body: chatStream("Hi") });
    const { text } = await readAll(await response);
    expect(text).toMatch(beginning);
    expect(parse(text).length).toBeGreaterThanOrEqual(atLeast);
  });

  test("keeps an end that a stage overtook: what it held back comes before the finish reason", async () => {
    const late = defineStage("late", async (_context, next) => {
      const reply = await next();
      const batches = (async function* () {
        for await (const batch of reply.batches) {
          for (const event of batch) {
            if (event.type === "reply-end") yield [{ type: "text-delta" as const, choice: 0, text: "!" }];
            yield [event];
          }
        }
      })();
      return { ...reply, batches };
    });
    const { ask } = setUp(() => ({ body: frames }), { stages: (stages) => [late, ...stages] });
    const { text } = await readAll(await ask(`${geminiModel}:streamGenerateContent?alt=sse`, hello));
    const last = dataOf(text).slice(-2);
    expect(JSON.stringify(last[0])).toContain('"text":"!"');
    expect(JSON.stringify(last[0])).not.toContain("finishReason");
    expect(JSON.stringify(last[1])).toContain('"finishReason":"STOP"');
  });

  test("of calls brings each of them whole", async () => {
    const call = (index: number, piece: object): string => chatChunk({ tool_calls: [{ index, ...piece }] });
    const body = [
      call(0, { id: "call_a", type: "function", function: { name: "f", arguments: '{"x":' } }),
      call(0, { function: { arguments: "1.0}" } }),
      call(1, { id: "call_b", type: "function", function: { name: "g", arguments: "" } }),
      chatChunk({}, "tool_calls"),
      "data: [DONE]\n\n",
    ];
    const { ask } = setUp(() => ({ body }));
    const { text } = await readAll(await ask(`${openaiModel}:streamGenerateContent?alt=sse`, hello));
    expect(text).toContain('{"functionCall":{"id":"call_a","name":"f","args":{"x":1.0}}}');
    expect(text).toContain('{"functionCall":{"id":"call_b","name":"g","args":{}}}');
    expect(text).toContain('"finishReason":"STOP"');
  });

  test("of a call whose arguments are no object breaks off", async () => {
    const pieces = [{ index: 0, id: "a", type: "function", function: { name: "f", arguments: "[1]" } }];
    const body = [
      chatChunk({ content: "Hi" }),
      chatChunk({ tool_calls: pieces }),
      chatChunk({}, "tool_calls"),
      "data: [DONE]\n\n",
    ];
    const { ask } = setUp(() => ({ body }));
    const { text, isBroken } = await readAll(await ask(`${openaiModel}:streamGenerateContent?alt=sse`, hello));
    expect(text).toContain('"error"');
    expect(isBroken).toBe(true);
  });
});

describe("thoughts", () => {
  const named = (type: string, data: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
  const [start = "", , , , ...end] = messagesStream("x");
  const thinking = [
    start,
    named("content_block_start", { index: 0, content_block: { type: "thinking", thinking: "", signature: "" } }),
    named("content_block_delta", { index: 0, delta: { type: "thinking_delta", thinking: "Let me" } }),
    named("content_block_delta", { index: 0, delta: { type: "thinking_delta", thinking: " see." } }),
    named("content_block_delta", { index: 0, delta: { type: "signature_delta", signature: "SIG\nNED" } }),
    named("content_block_stop", { index: 0 }),
    named("content_block_start", { index: 1, content_block: { type: "text", text: "" } }),
    named("content_block_delta", { index: 1, delta: { type: "text_delta", text: "Yes." } }),
    named("content_block_stop", { index: 1 }),
    ...end,
  ];
  const model = "anthropic/claude-sonnet-4-5";

  test("are told to those who ask, and go back to the provider that signed them", async () => {
    const { ask } = setUp(() => ({ body: thinking }));
    const body = { ...hello, generationConfig: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } } };
    const { text } = await readAll(await ask(`${model}:streamGenerateContent?alt=sse`, body));
    // As the official client keeps a chat: every chunk's content is one of the history.
    const history = dataOf(text).map((data) => (data as { candidates: { content: object }[] }).candidates[0]?.content);
    const back = setUp(() => ({ body: thinking }));
    const next = { ...body, contents: [...hello.contents, ...history, ...hello.contents] };
    await readAll(await back.ask(`${model}:streamGenerateContent?alt=sse`, next));
    const { messages } = JSON.parse(back.sent()) as { messages: { content: unknown }[] };
    expect(messages[1]?.content).toEqual([
      { type: "thinking", thinking: "Let me see.", signature: "SIG\nNED" },
      { type: "text", text: "Yes." },
    ]);
    // Another provider is never shown what it did not sign.
    const other = setUp(() => ({ body: answer([{ text: "Hi" }]) }));
    expect((await other.ask(`${geminiModel}:generateContent`, next)).status).toBe(200);
    expect(other.sent()).not.toContain("thoughtSignature");
    expect(other.sent()).toContain("Yes.");
  });

  test("are not told to others", async () => {
    const { ask } = setUp(() => ({ body: thinking }));
    const { text } = await readAll(await ask(`${model}:streamGenerateContent?alt=sse`, hello));
    expect(text).not.toContain("Let me");
    expect(text).toContain("Yes.");
  });
});

describe("errors have Gemini's shape", () => {
  test.each([
    [400, "INVALID_ARGUMENT", `${openaiModel}:generateContent`, "{"],
    [400, "INVALID_ARGUMENT", `${openaiModel}:generateContent`, { contents: 3 }],
    [404, "NOT_FOUND", "nobody/none:generateContent", hello],
    [404, "NOT_FOUND", "nobody/none:countTokens", hello],
  ])("%s %s", async (status, name, path, body) => {
    const { ask } = setUp(() => ({ body: {} }));
    const response = await ask(path, body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      error: {
        code: status,
        message: expect.any(String),
        status: name,
        details: expect.arrayContaining([expect.objectContaining({ domain: "llm-gateway" })]),
      },
    });
  });

  test("an unknown caller's, too; the key may come in the query", async () => {
    const keys: unknown[] = [];
    const options: GatewayOptions = {
      authenticate: ({ credential }) => {
        keys.push(credential);
        return credential === "right" ? { id: "ada" } : null;
      },
    };
    const { ask } = setUp(() => ({ body: chatAnswer("Hi") }), options);
    const refused = await ask(`${openaiModel}:generateContent`, hello);
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ error: { status: "UNAUTHENTICATED" } });
    const headers = { "content-type": "application/json" };
    expect((await ask(`${openaiModel}:generateContent?key=right`, hello, { headers })).status).toBe(200);
    expect(keys).toEqual(["k", "right"]);
  });

  test("a stream's that has not begun: an item of an array where no events are asked for", async () => {
    const limited: FakeAnswer = { status: 429, headers: { "retry-after": "7" }, body: { error: { message: "slow" } } };
    const { ask } = setUp(() => limited, { stages: (stages) => stages.filter(({ name }) => name !== "retry") });
    const events = await ask("openai/gpt-5-mini:streamGenerateContent?alt=sse", { contents: [] });
    expect(await events.json()).toMatchObject({ error: { code: 400 } });
    const array = await ask("openai/gpt-5-mini:streamGenerateContent", { contents: [] });
    expect(await array.json()).toMatchObject([{ error: { code: 400 } }]);
  });

  test("a verb that is not served is not found", async () => {
    const { ask } = setUp(() => ({ body: {} }));
    expect((await ask(`${openaiModel}:embedContent`, hello)).status).toBe(404);
    expect((await ask(`${openaiModel}%ff:generateContent`, hello)).status).toBe(404);
  });
});

describe("beside answers", () => {
  test("the tokens of a request in a request are those of the request", async () => {
    const { ask } = setUp(() => ({ body: {} }));
    const plain = await ask(`${openaiModel}:countTokens`, hello);
    const wrapped = await ask(`${openaiModel}:countTokens`, { generateContentRequest: { model: "m", ...hello } });
    expect(await wrapped.json()).toEqual(await plain.json());
  });

  test("models are listed and shown in Gemini's shape", async () => {
    const { gateway } = setUp(() => ({ body: {} }));
    const get = async (path: string): Promise<unknown> =>
      (await gateway.fetch(new Request(`http://gateway.test${path}`))).json();
    const { models } = (await get("/v1beta/models")) as { models: { name: string }[] };
    expect(models.length).toBeGreaterThan(0);
    expect(models.every(({ name }) => name.startsWith("models/"))).toBe(true);
    for (const path of [openaiModel, encodeURIComponent(openaiModel)]) {
      expect(await get(`/v1beta/models/${path}`)).toMatchObject({ name: `models/${openaiModel}` });
    }
    expect(await get("/v1beta/models/none")).toMatchObject({ error: { status: "NOT_FOUND" } });
  });
});

describe.skipIf(!present)("recordings pass through the gateway (skipped where they are absent)", () => {
  test.each([
    "generate-stream-tool-parallel-streaming-grammar-parallel-function-calls",
    "generate-stream-text-2-5-pro-reasoning-streaming",
    "generate-stream-citations-model-file-search-tool-stream-4",
    "generate-stream-server-tool-code-execution-stream",
  ])("%s", async (name) => {
    const recording = allRecordings.find(({ dir }) => dir === `gemini/${name}`);
    const request = String(recording?.request?.bytes);
    const stream = String(recording?.body);
    const { ask, sent } = setUp(() => ({ body: [stream] }));
    const response = await ask(`${geminiModel}:streamGenerateContent?alt=sse`, request);
    const { text, isBroken } = await readAll(response);
    expect(isBroken).toBe(false);
    expect(text).toBe(stream);
    expect(sent()).toBe(request);
  });
});
