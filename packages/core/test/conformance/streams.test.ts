import { describe, expect, test } from "vitest";
import { translateStream } from "../../src/index.ts";
import { chatAnswer, chatChunk, chatUsage } from "../../src/testing/wire.ts";
import {
  chatDeltas,
  claudeBlock,
  claudeError,
  claudePing,
  claudeStream,
  converseStream,
  geminiStream,
} from "./answers.ts";
import { createWorld, type Tree, type World } from "./world.ts";

const claude = "anthropic/claude-sonnet-4-5";
const gemini = "gemini/gemini-2.5-flash";
const nova = "bedrock/amazon.nova-pro-v1:0";
const text = (value: string, index = 0): readonly string[] =>
  claudeBlock(index, { type: "text", text: "" }, { type: "text_delta", text: value });
const contentOf = (chunks: readonly Tree[], field = "content"): string =>
  chunks.map((chunk) => chunk.choices?.[0]?.delta[field] ?? "").join("");
const done = "data: [DONE]\n\n";

/** Every cut of some bytes in two, or in single bytes. */
const cuts = (frames: readonly (string | Uint8Array)[]): readonly (readonly Uint8Array[])[] => {
  const all = Buffer.concat(frames.map((frame) => Buffer.from(frame as Uint8Array)));
  const halves = Array.from({ length: all.byteLength - 1 }, (_, at) => [all.subarray(0, at + 1), all.subarray(at + 1)]);
  return [...halves, [...all].map((byte) => Uint8Array.of(byte))];
};

describe("a stream", () => {
  test("Q39: has one id and one role, and nothing for pings, comments and names", async () => {
    const { body } = claudeStream([
      claudePing,
      ...text("Hello"),
      ": comment\n\n",
      'event: new_kind\ndata: {"type":"new_kind"}\n\n',
    ]);
    const { chat } = createWorld({ body });
    const { chunks } = await chat({ model: claude, stream: true });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.map((chunk) => chunk.choices[0].delta)).toEqual([
      { role: "assistant", content: "", refusal: null },
      { content: "Hello" },
      {},
    ]);
  });

  test.each([
    [
      "chat",
      "house/m",
      [chatChunk({ role: "assistant", content: "" }), chatChunk({ content: "naïve 🦉" }), chatChunk({}, "stop"), done],
      {},
    ],
    ["Gemini, with CRLF", gemini, geminiStream([[{ text: "naïve " }], [{ text: "🦉" }]]).body as string[], {}],
    [
      "Bedrock",
      nova,
      converseStream([["contentBlockDelta", { contentBlockIndex: 0, delta: { text: "naïve 🦉" } }]])
        .body as Uint8Array[],
      { "content-type": "application/vnd.amazon.eventstream" },
    ],
  ])("Q106, Q87, T36: of %s is the same wherever its bytes are cut", async (_, model, frames, headers) => {
    for (const body of cuts(frames).filter((_cut, index, all) => index % 7 === 0 || index === all.length - 1)) {
      const { chat } = createWorld({ body, headers: { "content-type": "text/event-stream", ...headers } });
      const { chunks, broke } = await chat({ model, stream: true });
      expect([contentOf(chunks), broke]).toEqual(["naïve 🦉", false]);
    }
  });

  test.each([
    [
      "chat, without its mark",
      "deepseek/deepseek-chat",
      [chatChunk({ role: "assistant" }), chatChunk({ content: "Hello" }), chatChunk({}, "stop")],
    ],
    ["chat, without a reason", "house/m", [chatChunk({ role: "assistant" }), chatChunk({ content: "Hello" })]],
    ["Claude, without its stop", claude, (claudeStream(text("Hello")).body as string[]).slice(0, -1)],
    [
      "Gemini, without a reason",
      gemini,
      (geminiStream([[{ text: "Hello" }], [{ text: "!" }]]).body as string[]).slice(0, -1),
    ],
    [
      "Bedrock, without its usage",
      nova,
      (
        converseStream([["contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Hello" } }]]).body as Uint8Array[]
      ).slice(0, -1),
    ],
  ])("Q107: of %s is an error for every client, and no stop", async (_, model, body) => {
    const headers = { "content-type": model === nova ? "application/vnd.amazon.eventstream" : "text/event-stream" };
    const world = (): World => createWorld({ body, headers });
    const asChat = await world().chat({ model, stream: true });
    const asMessages = await world().messages({ model, stream: true });
    const asResponses = await world().responses({ model, stream: true });
    expect(asChat.text).toContain('"code":"upstream_stream_truncated"');
    expect(asChat.text).not.toContain("[DONE]");
    expect(asMessages.text).toContain("event: error");
    expect(asMessages.text).not.toContain("message_stop");
    expect(asResponses.text).toContain("response.failed");
    expect(asResponses.text).not.toContain("response.completed");
    expect([asChat.broke, asMessages.broke, asResponses.broke]).toEqual([true, true, true]);
  });

  test.each(["perplexity/sonar", "cerebras/gpt-oss-120b", "huggingface/m"])(
    "T11: of %s needs no mark after its reason",
    async (model) => {
      const frames = [chatChunk({ role: "assistant" }), chatChunk({ content: "Hello" }), chatChunk({}, "stop")];
      const { text: read, broke } = await createWorld({ body: frames }).chat({ model, stream: true });
      expect([read.endsWith(done), broke]).toEqual([true, false]);
    },
  );

  test("T11: of OpenRouter's Responses may end with a mark that this dialect does not have", async () => {
    const item = {
      type: "message",
      id: "m",
      role: "assistant",
      status: "completed",
      content: [{ type: "output_text", text: "Hello", annotations: [] }],
    };
    const response = { id: "r", object: "response", status: "completed", output: [item] };
    const body = [
      `event: response.completed\ndata: ${JSON.stringify({ type: "response.completed", response, sequence_number: 1 })}\n\n`,
      done,
    ];
    const { chunks, broke } = await createWorld({ body }).chat({ model: "responses/gpt-4.1", stream: true });
    expect([contentOf(chunks), broke]).toEqual(["Hello", false]);
  });

  test.each([
    ["overloaded_error", 503],
    ["rate_limit_error", 429],
    ["api_error", 502],
  ])(
    "Q38: that begins with Claude's %s has status %d, and one that breaks with it says which",
    async (type, status) => {
      const early = createWorld({ body: [claudeError(type)] });
      expect((await early.chat({ model: claude, stream: true })).status).toBe(status);
      const { body } = claudeStream(text("Hello"));
      const frames = [...(body as string[]).slice(0, 3), claudeError(type)];
      const late = await createWorld({ body: frames }).chat({ model: claude, stream: true });
      const { error } = late.chunks.at(-1);
      expect([late.status, late.broke]).toEqual([200, true]);
      expect(error.code).toMatch(
        { overloaded_error: /overloaded/, rate_limit_error: /rate/, api_error: /error/ }[type] ?? /^$/,
      );
    },
  );

  test("T12, T13: with an error inside a status of 200 is an error, whole and streamed", async () => {
    const error = { error: { message: "Provider returned error", code: 502 } };
    const whole = await createWorld({ body: error }).chat({ model: "openrouter/a/b" });
    expect(whole.status).toBe(502);
    const failed = {
      error: { message: "Failed", type: "invalid_request_error", code: "tool_use_failed", failed_generation: "x" },
    };
    for (const [model, frame] of [
      ["openrouter/a/b", `data: ${JSON.stringify({ id: "c", choices: [], ...error })}\n\n`],
      ["groq/llama-3.3-70b-versatile", `event: error\ndata: ${JSON.stringify(failed)}\n\n`],
    ] as const) {
      const { text: read, broke } = await createWorld({
        body: [chatChunk({ role: "assistant" }), chatChunk({ content: "Hel" }), frame],
      }).chat({
        model,
        stream: true,
      });
      expect(read).toContain('"error"');
      expect([read.includes("[DONE]"), broke]).toEqual([false, true]);
    }
  });

  test("T12: of OpenRouter may hold comments, and its usage beside a choice", async () => {
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5, cost: 0.5 };
    const frames = [
      ": OPENROUTER PROCESSING\n\n",
      chatChunk({ role: "assistant", content: "Hello" }),
      chatChunk({}, "stop"),
      chatChunk({ content: "" }, null, { usage }),
      done,
    ];
    const { messages } = createWorld({ body: frames });
    const { chunks } = await messages({ model: "openrouter/a/b", stream: true });
    expect(chunks.find(({ type }) => type === "message_delta").usage).toMatchObject({
      input_tokens: 3,
      output_tokens: 2,
    });
  });

  test("Q95: tells usage in one last chunk without choices, to those who asked, and null before", async () => {
    const { chat } = createWorld(claudeStream(text("Hello")));
    const { chunks } = await chat({ model: claude, stream: true, stream_options: { include_usage: true } });
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    });
    expect(chunks.slice(0, -1).map(({ usage }) => usage)).toEqual(chunks.slice(0, -1).map(() => null));
    const silent = await createWorld(claudeStream(text("Hello"))).chat({ model: claude, stream: true });
    expect(silent.chunks.every((chunk) => !("usage" in chunk) && chunk.choices.length === 1)).toBe(true);
  });

  test("Q96, T23: may begin with a chunk about the prompt that has no choice", async () => {
    const filter = `data: ${JSON.stringify({ id: "", object: "", model: "", choices: [], prompt_filter_results: [{ prompt_index: 0 }] })}\n\n`;
    const frames = [
      filter,
      chatChunk({ role: "assistant", content: "Hello" }, null),
      chatChunk({}, "stop"),
      chatUsage,
      done,
    ];
    const { chunks } = await createWorld({ body: frames }).messages({ model: "house/m", stream: true });
    expect(chunks[0]).toMatchObject({ type: "message_start", message: { model: "gpt-test-2026" } });
    expect(chunks.filter(({ type }) => type === "message_start")).toHaveLength(1);
  });

  test("T38: of several choices keeps them apart, however they interleave", async () => {
    const piece = (index: number, delta: object, finish_reason: string | null = null): string =>
      `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index, delta, finish_reason }] })}\n\n`;
    const frames = [
      piece(0, { role: "assistant", content: "A" }),
      piece(1, { role: "assistant", content: "B" }),
      piece(0, { content: "a" }),
      piece(1, { content: "b" }, "length"),
      piece(0, {}, "stop"),
      done,
    ];
    const { gateway } = createWorld({ body: frames });
    const { collect } = await import("../../src/index.ts");
    const reply = await collect(
      await gateway.chat({
        model: "house/m",
        stream: true,
        choiceCount: 2,
        messages: [{ role: "user", content: "Hi" }],
      }),
    );
    expect(reply.choices).toMatchObject([
      { index: 0, parts: [{ text: "Aa" }], finishReason: "stop" },
      { index: 1, parts: [{ text: "Bb" }], finishReason: "length" },
    ]);
  });

  test("T6: of Messages names each of its events, for its clients pass over those without a name", async () => {
    const { messages } = createWorld(chatDeltas([{ role: "assistant" }, { content: "Hello" }]));
    const { text: read } = await messages({ model: "house/m", stream: true });
    const frames = read.trim().split("\n\n");
    expect(frames.length).toBeGreaterThan(4);
    for (const frame of frames) {
      const [event = "", data = ""] = frame.split("\n");
      expect(event).toBe(`event: ${JSON.parse(data.slice(6)).type}`);
    }
  });

  test("T36: has padding nowhere in its text", async () => {
    const frames = [
      chatChunk({ role: "assistant", content: "" }, null, { obfuscation: "abc" }),
      chatChunk({ content: "Hel" }, null, { obfuscation: "xyz123" }),
      chatChunk({ content: "lo" }, null, { p: "padding" }),
      chatChunk({}, "stop"),
      done,
    ];
    const { chunks, text: read } = await createWorld({ body: frames }).messages({ model: "house/m", stream: true });
    expect(chunks.map(({ delta }) => delta?.text ?? "").join("")).toBe("Hello");
    expect(read).not.toMatch(/xyz123|padding/);
  });

  test("T10: of Bedrock has blocks without a beginning, and usage after its stop", async () => {
    const { chat } = createWorld(
      converseStream([["contentBlockDelta", { contentBlockIndex: 0, delta: { text: "Hello" } }]]),
    );
    const { chunks } = await chat({ model: nova, stream: true, stream_options: { include_usage: true } });
    expect(contentOf(chunks)).toBe("Hello");
    expect(chunks.at(-1).usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 5 });
  });

  test("Q111: that says the same over and over is stopped where the operator sets a limit", async () => {
    const frames = [
      chatChunk({ role: "assistant" }),
      ...Array.from({ length: 12 }, () => chatChunk({ content: "again " })),
      chatChunk({}, "stop"),
      done,
    ];
    const looping = (stages?: Parameters<typeof createWorld>[1]): ReturnType<typeof createWorld> =>
      createWorld({ body: frames }, stages);
    const free = await looping().chat({ model: "house/m", stream: true });
    expect(free.broke).toBe(false);
    const held = await looping({
      stages: (defaults) =>
        defaults.map((stage) => (stage.name === "translate-stream" ? translateStream({ maxRepeats: 10 }) : stage)),
    }).chat({ model: "house/m", stream: true });
    expect(contentOf(held.chunks)).toBe("again ".repeat(10));
    expect(held.text).toContain("upstream_stream_invalid");
    expect(held.broke).toBe(true);
    expect(() => translateStream({ maxRepeats: 0 })).toThrow("translateStream.maxRepeats");
  });
});

describe("an answer that came whole", () => {
  test("Q97, T18, T22: may have a list, an object or nothing for its content, and is one text for a client", async () => {
    const thinking = { type: "thinking", thinking: [{ type: "text", text: "Hm." }] };
    const contents: readonly (readonly [unknown, string, string | undefined])[] = [
      [[thinking, { type: "text", text: "Hel" }, { type: "text", text: "lo" }], "Hello", "Hm."],
      [{ answer: 42 }, '{"answer":42}', undefined],
      [null, "", undefined],
    ];
    for (const [content, said, thought] of contents) {
      const choices = [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }];
      const { body } = await createWorld({ body: chatAnswer("", { choices }) }).messages({ model: "mistral/m" });
      const parts: Tree[] = body.content;
      expect(
        parts
          .filter(({ type }) => type === "text")
          .map((part) => part.text)
          .join(""),
      ).toBe(said);
      expect(parts.find(({ type }) => type === "thinking")?.thinking).toBe(thought);
    }
  });

  test("T20: may hold empty objects, which are nothing", async () => {
    const message = {
      role: "assistant",
      content: "Hello",
      audio: { id: "" },
      function_call: { name: "" },
      tool_calls: [{ id: "", custom: { name: "" }, function: { name: "" } }],
    };
    const { body } = await createWorld({
      body: chatAnswer("", { choices: [{ index: 0, message, finish_reason: "stop" }] }),
    }).messages({ model: "house/m" });
    expect(body.content).toEqual([{ type: "text", text: "Hello" }]);
    expect(body.stop_reason).toBe("end_turn");
  });
});
