import { describe, expect, test } from "vitest";
import { allowAnyone, createGateway, ollama, type ProviderOptions } from "../src/index.ts";
import { silent } from "../src/testing/adapter/start-host.ts";
import { createFakeTransport, type FakeAnswer, type FakeTransport } from "../src/testing/index.ts";
import { readText } from "./read-text.ts";

const line = (message: object, rest: object = {}): string =>
  `${JSON.stringify({ model: "llama3.2", message: { role: "assistant", content: "", ...message }, done: false, ...rest })}\n`;
const last = line({}, { done: true, done_reason: "stop", prompt_eval_count: 3, eval_count: 2 });

interface SetUp {
  readonly transport: FakeTransport;
  readonly post: (path: string, body: object) => Promise<Response>;
}

const setUp = (answer: FakeAnswer, options: ProviderOptions = {}): SetUp => {
  const transport = createFakeTransport(() => answer);
  const gateway = createGateway({
    providers: [ollama({ baseURL: "http://127.0.0.1:11434", ...options })],
    authenticate: allowAnyone(),
    transport,
    random: () => 0,
    logger: silent,
  });
  const post = (path: string, body: object): Promise<Response> =>
    gateway.fetch(
      new Request(`http://gateway.test${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "ollama/llama3.2", messages: [{ role: "user", content: "Hi" }], ...body }),
      }),
    );
  return { transport, post };
};

const streamOf = (...lines: readonly string[]): FakeAnswer => ({
  headers: { "content-type": "application/x-ndjson" },
  body: lines,
});

describe("a call to Ollama", () => {
  test("asks its own API, says what it wants back and shows no key where there is none", async () => {
    const { transport, post } = setUp(streamOf(line({ content: "Hello" }), last));
    await (await post("/v1/chat/completions", { stream: true })).text();
    const { url, headers } = transport.requests[0] ?? {};
    expect(url).toBe("http://127.0.0.1:11434/api/chat");
    expect(headers).toMatchObject({ accept: "application/x-ndjson", "content-type": "application/json" });
    expect(headers).not.toHaveProperty("authorization");
  });

  test("shows a key where there is one, and never in an error", async () => {
    const answer = { status: 401, body: { error: "unauthorized: canary-key" } };
    const { transport, post } = setUp(answer, { baseURL: "https://ollama.com", apiKey: "canary-key" });
    const response = await post("/v1/chat/completions", {});
    expect(transport.requests[0]).toMatchObject({
      url: "https://ollama.com/api/chat",
      headers: { authorization: "Bearer canary-key" },
    });
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain("canary");
  });

  test("streams to clients of either dialect, however the lines are cut", async () => {
    const call = { tool_calls: [{ function: { name: "f", arguments: { a: 1 } } }] };
    const bytes = line({ thinking: "hm" }) + line({ content: "Hëllo" }) + line(call) + last;
    const pieces = Array.from(Buffer.from(bytes), (byte) => Uint8Array.of(byte));
    for (const body of [[bytes], pieces]) {
      const { post } = setUp({ ...streamOf(), body });
      const chat = await (await post("/v1/chat/completions", { stream: true })).text();
      expect(chat).toMatch(/"reasoning_content":"hm".*"content":"Hëllo".*"arguments":"{\\"a\\":1}"/s);
      expect(chat).toMatch(/"finish_reason":"tool_calls".*data: \[DONE\]\n\n$/s);
      const messages = await (await post("/v1/messages", { stream: true, max_tokens: 9 })).text();
      expect(messages).toMatch(
        /"thinking":"hm".*"text":"Hëllo".*"partial_json":"{\\"a\\":1}".*"stop_reason":"tool_use"/s,
      );
      expect(messages).toContain("event: message_stop");
    }
  });

  test("reads a stream that the hosted API calls plain JSON, and a whole answer in place of one", async () => {
    for (const body of [[line({ content: "Hello" }), last], [line({ content: "Hello" }, { done: true })]]) {
      const { post } = setUp({ headers: { "content-type": "application/json" }, body });
      const answer = await (await post("/v1/chat/completions", { stream: true })).text();
      expect(answer).toMatch(/"content":"Hello".*"finish_reason":"stop".*\[DONE\]/s);
    }
  });

  test("takes tags in the text for thoughts where the server could not tell them apart", async () => {
    const { post } = setUp(streamOf(line({ content: "<think>hm</th" }), line({ content: "ink>Hello" }), last));
    const answer = await (await post("/v1/chat/completions", { stream: true })).text();
    expect(answer).toMatch(/"reasoning_content":"hm".*"content":"Hello"/s);
    expect(answer).not.toContain("think>");
  });

  test("tells the client of a stream that broke, in either way", async () => {
    const broken = { upstream_error: `${JSON.stringify({ error: "no" })}\n`, upstream_stream_truncated: '{"model"' };
    for (const [code, end] of Object.entries(broken)) {
      const { post } = setUp(streamOf(line({ content: "Hel" }), end));
      const { text, broke } = await readText(await post("/v1/chat/completions", { stream: true }));
      expect(text).toContain(`"code":"${code}"`);
      expect(text).not.toContain("[DONE]");
      expect(broke).toBe(true);
    }
  });

  test("refuses an address of an image instead of fetching it", async () => {
    const { transport, post } = setUp({ body: {} });
    const image = { type: "image_url", image_url: { url: "http://169.254.169.254/latest" } };
    const response = await post("/v1/chat/completions", { messages: [{ role: "user", content: [image] }] });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: "unsupported_parameter", param: "messages[].content[].image_url" },
    });
    expect(transport.requests).toEqual([]);
  });
});
