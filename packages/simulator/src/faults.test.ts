import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  chat,
  chatPath,
  coherePath,
  contents,
  converse,
  conversePath,
  geminiPath,
  messages,
  messagesPath,
  post,
  readEvents,
  readJsonEvents,
  responses,
  responsesPath,
  type Body,
} from "../test/client.ts";
import { faultTable } from "./faults/fault-table.ts";
import { startSimulator, type Simulator } from "./simulator.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

const words = "Explain rain";

/** The same question to each provider, with the fault in the header. */
const providers = {
  openai: (fault: string, stream = false): Promise<Response> =>
    post(simulator, chatPath, chat(words, { stream }), { "x-simulator-fault": fault }),
  anthropic: (fault: string, stream = false): Promise<Response> =>
    post(simulator, messagesPath, messages(words, { stream }), { "x-simulator-fault": fault }),
  gemini: (fault: string, stream = false): Promise<Response> => {
    const path = stream ? `${geminiPath("g", "streamGenerateContent")}?alt=sse` : geminiPath("g");
    return post(simulator, path, contents(words), { "x-simulator-fault": fault });
  },
};
const everyProvider = Object.entries(providers);

/** The formats that are looked at only for what they do of their own. */
const others = {
  responses: (fault: string, stream = false): Promise<Response> =>
    post(simulator, responsesPath, responses(words, { stream }), { "x-simulator-fault": fault }),
  cohere: (fault: string, stream = false): Promise<Response> =>
    post(simulator, coherePath, chat(words, { stream }), { "x-simulator-fault": fault }),
  bedrock: (fault: string, stream = false): Promise<Response> =>
    post(simulator, conversePath("m", stream ? "converse-stream" : "converse"), converse(words), {
      "x-simulator-fault": fault,
    }),
};

const outputs = (text: string): number =>
  readJsonEvents(text).filter((event) => JSON.stringify(event).match(/"text":"[^"]|"content":"[^"]/u)).length;

/** What could be read of a body before it broke, and whether it broke. */
const readUntilBreak = async (response: Response): Promise<{ text: string; broke: boolean }> => {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    return { text, broke: false };
  } catch {
    return { text, broke: true };
  }
};

describe("error answers", () => {
  test.each([
    ["openai", "429", 429, { error: { type: "requests", code: "rate_limit_exceeded" } }],
    ["openai", "401", 401, { error: { code: "invalid_api_key" } }],
    ["openai", "quota", 429, { error: { code: "insufficient_quota" } }],
    ["openai", "context-length", 400, { error: { code: "context_length_exceeded" } }],
    ["openai", "content-filter", 400, { error: { code: "content_policy_violation" } }],
    ["openai", "slow-down", 503, { error: { code: "slow_down" } }],
    ["anthropic", "529", 529, { type: "error", error: { type: "overloaded_error" } }],
    ["anthropic", "503", 503, { type: "error", error: { type: "overloaded_error" } }],
    ["anthropic", "quota", 402, { error: { type: "billing_error" } }],
    [
      "anthropic",
      "context-length",
      400,
      { error: { message: expect.stringMatching(/prompt is too long: \d+ tokens > \d+ maximum/u) } },
    ],
    ["anthropic", "content-filter", 200, { stop_reason: "refusal", content: [] }],
    ["gemini", "bad-key", 400, { error: { details: [{ reason: "API_KEY_INVALID" }] } }],
    ["gemini", "503", 503, { error: { code: 503, status: "UNAVAILABLE" } }],
    [
      "gemini",
      "context-length",
      400,
      { error: { message: expect.stringContaining("exceeds the maximum number of tokens") } },
    ],
    ["gemini", "content-filter", 200, { promptFeedback: { blockReason: "PROHIBITED_CONTENT" } }],
    ["responses", "content-filter-output", 200, { incomplete_details: { reason: "content_filter" } }],
    ["cohere", "429", 429, { message: expect.stringContaining("per minute") }],
    ["bedrock", "bad-key", 403, { message: expect.stringContaining("security token") }],
    ["bedrock", "content-filter", 200, { stopReason: "content_filtered" }],
  ] as const)("%s has its own body for %s", async (provider, fault, status, body) => {
    const response = await { ...providers, ...others }[provider](fault);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject(body);
  });

  test.each([...everyProvider, ...Object.entries(others)])(
    "%s gives every numbered fault its status, streamed or not",
    async (_, ask) => {
      for (const { name } of faultTable.filter((fault) => /^\d+$/u.test(fault.name))) {
        expect((await ask(name)).status).toBe(Number(name));
        expect((await ask(name, true)).status).toBe(Number(name));
      }
    },
  );

  test("carry the wait that an option names, where the provider says such things", async () => {
    const headers = (await providers.openai("429?retry-after=2&retry-after-ms=90&should-retry=false")).headers;
    expect([headers.get("retry-after"), headers.get("retry-after-ms"), headers.get("x-should-retry")]).toEqual([
      "2",
      "90",
      "false",
    ]);
    expect((await providers.anthropic("529?retry-after=7")).headers.get("retry-after")).toBe("7");
    const gemini = await providers.gemini("429?retry-after=34");
    expect(gemini.headers.has("retry-after")).toBe(false);
    expect(await gemini.json()).toMatchObject({ error: { details: [{ retryDelay: "34s" }] } });
  });
});

describe("faults are asked for", () => {
  test("by the model name, also through a path", async () => {
    expect((await post(simulator, chatPath, chat("x", { model: "fault:503" }))).status).toBe(503);
    expect((await post(simulator, geminiPath("fault:429?retry-after=2"), contents("x"))).status).toBe(429);
  });

  test("for the first times only, each model counted by itself, anew after a reset", async () => {
    const status = async (model: string): Promise<number> =>
      (await post(simulator, chatPath, chat("x", { model }))).status;
    expect([await status("fault:503*2"), await status("fault:503*2"), await status("fault:503*2")]).toEqual([
      503, 503, 200,
    ]);
    expect([await status("fault:500*1"), await status("fault:500*1")]).toEqual([500, 200]);
    simulator.reset();
    expect(await status("fault:503*2")).toBe(503);
  });

  test("by a name that exists; any other is a 400 that lists them", async () => {
    const response = await providers.openai("no-such-fault");
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("reset-mid-stream");
  });

  test("only with a key, and for a request that would be answered", async () => {
    const body = chat("x", { model: "fault:reset-mid-stream", messages: [] });
    expect((await post(simulator, chatPath, body)).status).toBe(400);
    expect((await post(simulator, chatPath, chat("x", { model: "fault:503" }), { authorization: "" })).status).toBe(
      401,
    );
  });
});

describe.each(everyProvider)("streams of %s", (_, ask) => {
  const whole = async (): Promise<string> => (await ask("no-terminal-marker", true)).text();

  test("cut-mid-stream ends properly after half of the output", async () => {
    const text = await (await ask("cut-mid-stream", true)).text();
    expect(outputs(text)).toBeGreaterThan(0);
    expect(outputs(text)).toBeLessThan(outputs(await whole()));
    expect(text).not.toMatch(/\[DONE\]|message_stop|"STOP"/u);
  });

  test("an option says after how many pieces", async () => {
    expect(outputs(await (await ask("cut-mid-stream?after=2", true)).text())).toBe(2);
  });

  test("cut-mid-event ends inside an event", async () => {
    const text = await (await ask("cut-mid-event", true)).text();
    expect(text).not.toMatch(/\n\r?\n$/u);
    expect(() => readJsonEvents(text)).toThrow(SyntaxError);
  });

  test.each(["reset-mid-stream", "close-mid-stream"])("%s breaks after output", async (fault) => {
    const { text, broke } = await readUntilBreak(await ask(fault, true));
    expect(broke).toBe(true);
    expect(outputs(text)).toBeGreaterThan(0);
  });

  test("stall-mid-stream falls silent until the client gives up, which is noted", async () => {
    const response = await ask("stall-mid-stream", true);
    const reader = response.body?.getReader();
    expect((await reader?.read())?.done).toBe(false);
    await reader?.cancel();
    const request = simulator.requests.at(-1);
    await request?.closed;
    expect(request?.hungUp).toBe(true);
  });

  test("error-mid-stream sends the provider's own error last", async () => {
    const text = await (await ask("error-mid-stream", true)).text();
    expect(outputs(text)).toBeGreaterThan(0);
    expect(readJsonEvents(text).at(-1)).toHaveProperty("error.message");
    expect(readEvents(text).at(-1)?.data).not.toBe("[DONE]");
  });

  test("error-before-output sends it before any output", async () => {
    const text = await (await ask("error-before-output", true)).text();
    expect(outputs(text)).toBe(0);
    expect(readJsonEvents(text).at(-1)).toHaveProperty("error.message");
  });

  test("no-finish and duplicate-finish", async () => {
    const finish = /"finish_reason":"stop"|"stop_reason":"end_turn"|"finishReason":"STOP"/gu;
    const count = async (fault: string): Promise<number> =>
      ((await (await ask(fault, true)).text()).match(finish) ?? []).length;
    expect([await count("no-terminal-marker"), await count("no-finish"), await count("duplicate-finish")]).toEqual([
      1, 0, 2,
    ]);
  });

  test("malformed-json breaks one event and goes on", async () => {
    const text = await (await ask("malformed-json", true)).text();
    expect(() => readJsonEvents(text)).toThrow(SyntaxError);
    expect(text).toMatch(/"stop"|"end_turn"|"STOP"/u);
  });

  test("pings-only sends comments and nothing else", async () => {
    const response = await ask("pings-only?ms=1", true);
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    await reader?.cancel();
    expect(new TextDecoder().decode(value)).toMatch(/^(: ping\n\n)+$/u);
  });

  test("content-filter-output ends half of the answer with the provider's word", async () => {
    const text = await (await ask("content-filter-output", true)).text();
    expect(outputs(text)).toBeGreaterThan(0);
    expect(text).toMatch(/"content_filter"|"refusal"|"SAFETY"/u);
  });
});

describe.each(everyProvider)("whole answers of %s", (_, ask) => {
  test.each(["html-502", "html-200"])("%s is a page", async (fault) => {
    const response = await ask(fault);
    expect(response.status).toBe(Number(fault.slice(-3)));
    expect(response.headers.get("content-type")).toBe("text/html");
  });

  test("empty-body, malformed-json and error-in-200 come with 200", async () => {
    const bodies = await Promise.all(["empty-body", "malformed-json", "error-in-200"].map((fault) => ask(fault)));
    expect(bodies.map((response) => response.status)).toEqual([200, 200, 200]);
    const [empty, malformed, error] = await Promise.all(bodies.map((response) => response.text()));
    expect(empty).toBe("");
    expect(() => JSON.parse(malformed ?? "")).toThrow(SyntaxError);
    expect(JSON.parse(error ?? "")).toHaveProperty("error");
  });

  test.each(["truncated-length", "reset-mid-stream", "close-mid-stream"])("%s breaks the body off", async (fault) => {
    const response = await ask(fault);
    expect(Number(response.headers.get("content-length"))).toBeGreaterThan(0);
    expect((await readUntilBreak(response)).broke).toBe(true);
  });

  test("cut-mid-stream ends the body properly, too early", async () => {
    const { text, broke } = await readUntilBreak(await ask("cut-mid-stream"));
    expect(broke).toBe(false);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  test("corrupt-gzip cannot be unpacked", async () => {
    expect(await readUntilBreak(await ask("corrupt-gzip"))).toEqual({ text: "", broke: true });
  });

  test("gzip-bomb is small on the wire", async () => {
    const response = await ask("gzip-bomb");
    expect(Number(response.headers.get("content-length"))).toBeLessThan(100_000);
    await response.body?.cancel();
  });

  test("wrong-content-type, unknown-encoding and redirect", async () => {
    expect((await ask("wrong-content-type")).headers.get("content-type")).toBe("text/plain");
    expect((await ask("unknown-encoding")).headers.get("content-encoding")).toBe("x-unknown");
    // `fetch` follows the redirect to a path that does not exist.
    const redirected = await ask("redirect");
    expect([redirected.redirected, redirected.status]).toEqual([true, 404]);
  });

  test("a stream and a whole answer can be swapped", async () => {
    expect((await ask("json-instead-of-stream", true)).headers.get("content-type")).toContain("application/json");
    const text = await (await ask("stream-instead-of-json")).text();
    // A stream that was not asked for as events is a JSON array at one of the providers.
    expect(text.startsWith("[") || readEvents(text).length > 2).toBe(true);
  });
});

describe("connections", () => {
  test.each(["reset", "close"])("%s ends the connection before any header", async (fault) => {
    await expect(providers.openai(fault)).rejects.toThrow("fetch failed");
    const request = simulator.requests.at(-1);
    await request?.closed;
    expect(request?.hungUp).toBe(false);
  });

  test("stall says nothing until the client gives up", async () => {
    const controller = new AbortController();
    const body = JSON.stringify(chat("x", { model: "fault:stall" }));
    const answer = fetch(simulator.url + chatPath, {
      method: "POST",
      body,
      headers: { authorization: "Bearer k" },
      signal: controller.signal,
    });
    const failure = answer.catch((error: unknown) => error);
    while (simulator.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect(await failure).toMatchObject({ name: "AbortError" });
    await simulator.requests[0]?.closed;
    expect(simulator.requests[0]?.hungUp).toBe(true);
  });

  test("stall-in-headers stops in the middle of a line", async () => {
    const body = JSON.stringify(chat("x", { model: "fault:stall-in-headers" }));
    const socket = connect(Number(new URL(simulator.url).port), "127.0.0.1");
    socket.write(
      `POST ${chatPath} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const received = await new Promise<string>((resolve) => socket.once("data", (data) => resolve(data.toString())));
    socket.destroy();
    expect(received).toBe("HTTP/1.1 200 OK\r\ncontent-ty");
  });

  test("oversize-headers are more than a client takes", async () => {
    await expect(providers.openai("oversize-headers")).rejects.toThrow("fetch failed");
  });

  test("slow-headers and slow-stream take the time that the option names", async () => {
    const start = performance.now();
    expect((await providers.openai("slow-headers?ms=30")).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThanOrEqual(29);
    const text = await (
      await post(simulator, chatPath, chat('Say "a b"', { stream: true }), { "x-simulator-fault": "slow-stream?ms=5" })
    ).text();
    expect(performance.now() - start).toBeGreaterThanOrEqual(29 + 5 * (readEvents(text).length - 1) - 5);
  });
});

test("a faulty stream still has the headers of a good one", async () => {
  const good = await post(simulator, chatPath, chat(words, { stream: true }));
  const bad = await providers.openai("cut-mid-stream", true);
  expect(bad.headers.get("content-type")).toBe(good.headers.get("content-type"));
  await Promise.all([good.text(), bad.text()] satisfies Promise<unknown>[]);
  const usage: Body = { stream: true, stream_options: { include_usage: true } };
  const cut = await (await post(simulator, chatPath, chat(words, { ...usage, model: "fault:cut-mid-stream" }))).text();
  expect(cut).not.toContain('"prompt_tokens"');
});
