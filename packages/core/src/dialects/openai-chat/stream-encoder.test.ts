import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCollector } from "../../chat/collect.ts";
import type { ChatEvent, EventBatch } from "../../chat/event.ts";
import { withFrame } from "../../chat/frame.ts";
import { rememberSource, type ChatRequest } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import { present } from "../fields.ts";
import { encodeReply } from "./encode-reply.ts";
import { readDetails } from "./reasoning-details.ts";
import { createEncoder } from "./stream-encoder.ts";
import { asText } from "../../testing/as-text.ts";

const request: ChatRequest = { dialect: "openai-chat", model: "asked", stream: true, messages: [] };
const make = (change: Partial<ChatRequest> = {}) =>
  asText(createEncoder({ requestId: "r", created: 7, request: { ...request, ...change } }));

const start: ChatEvent = { type: "reply-start", id: "id", model: "m", created: 1 };
const text = (value: string, choice = 0): ChatEvent => ({ type: "text-delta", choice, text: value });
const end: ChatEvent = { type: "reply-end", choice: 0, finishReason: "stop" };
const usage: ChatEvent = { type: "usage", usage: { inputTokens: 1, outputTokens: 2, costNanoUsd: 5_000 } };
const opaque = (name: string): ChatEvent => ({ type: "opaque", dialect: "openai-chat", name });
const framed = (raw: string, ...events: ChatEvent[]): EventBatch =>
  withFrame(
    "openai-chat",
    "stream",
    { raw },
    events.map((event) => ({ ...event })),
  );

const write = (events: EventBatch, change: Partial<ChatRequest> = {}): string => {
  const encoder = make(change);
  return encoder.encode(events) + encoder.end();
};
const chunks = (stream: string) =>
  stream
    .split("\n\n")
    .filter((block) => block !== "" && block !== "data: [DONE]")
    .map((block) => JSON.parse(block.replace(/^data: /, "")));
const deltas = (...events: ChatEvent[]) => chunks(write(events)).map(({ choices }) => choices[0]?.delta);

describe("createEncoder", () => {
  it("writes OpenAI's chunks, exactly", () => {
    const head = '"id":"id","object":"chat.completion.chunk","created":1,"model":"m"';
    const choice = (delta: string, reason = "null") =>
      `"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${reason}}]`;
    expect(write([start, text('H"i'), end, usage], { includeUsage: true, includeCost: true })).toBe(
      [
        `data: {${head},${choice('{"role":"assistant","content":"","refusal":null}')},"usage":null}`,
        `data: {${head},${choice('{"content":"H\\"i"}')},"usage":null}`,
        `data: {${head},${choice("{}", '"stop"')},"usage":null}`,
        `data: {${head},"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"cost":0.000005}}`,
        "data: [DONE]\n\n",
      ].join("\n\n"),
    );
  });

  it("tells usage only to those who asked, once, last, in its latest form", () => {
    expect(write([start, usage, text("x"), end])).not.toContain("usage");
    const later: ChatEvent = { type: "usage", usage: { inputTokens: 1, outputTokens: 9 } };
    const written = chunks(write([start, usage, text("x"), later, end], { includeUsage: true }));
    expect(written.filter((chunk) => chunk.usage !== null)).toEqual([written.at(-1)]);
    expect(written.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 9 } });
    expect(written.at(-1).usage).not.toHaveProperty("cost");
  });

  it("makes up what the provider did not say", () => {
    expect(chunks(write([text("x")]))[0]).toMatchObject({ id: "chatcmpl-r", created: 7, model: "asked" });
    expect(chunks(write([{ type: "reply-start", serviceTier: "flex", systemFingerprint: "fp" }]))[0]).toMatchObject({
      service_tier: "flex",
      system_fingerprint: "fp",
    });
  });

  it("writes a batch as it writes its events one by one, to the byte", () => {
    const pieces = ["a", " word", "\n", '"', "\\", "\u007f", "é", "日本", "\u2028", "🙂", "\ud83d", "\ude42", ""];
    const choice = fc.constantFrom(0, 0, 0, 1);
    const row = (of: readonly string[]) =>
      fc
        .tuple(choice, fc.array(fc.constantFrom(...of), { maxLength: 9, size: "max" }))
        .map(([index, texts]) => texts.map((value) => text(value, index)));
    const other = fc
      .tuple(
        choice,
        fc.constantFrom<ChatEvent>(
          text("x"),
          { type: "text-delta", choice: 0, text: "x", signature: { format: "f", value: "s" } },
          { type: "text-delta", choice: 0, text: "x", logprobs: [{ token: "x" }] },
          { type: "reasoning-delta", choice: 0, text: "é" },
          { type: "refusal-delta", choice: 0, text: "no" },
          { type: "tool-call-start", choice: 0, index: 0, id: "c", name: "f", kind: "function" },
          usage,
          end,
        ),
        fc.constantFrom(undefined, "data: raw\n\n", "data: é\n\n"),
      )
      .map(([index, event, raw]) => {
        const own: ChatEvent = "choice" in event ? { ...event, choice: index } : { ...event };
        return raw === undefined ? [own] : framed(raw, own);
      });
    const list = fc.array(fc.oneof(row(pieces), row(pieces.slice(0, 2)), other), {
      maxLength: 8,
    });
    const bytesOf = (batches: readonly EventBatch[], includeUsage: boolean): Buffer => {
      const encoder = createEncoder({ requestId: "r", created: 7, request: { ...request, includeUsage } });
      return Buffer.concat(
        [...batches.map((batch) => encoder.encode(batch)), encoder.end()].map((one) => Buffer.from(one)),
      );
    };
    fc.assert(
      fc.property(list, fc.constantFrom("id", "é"), fc.boolean(), (lists, id, includeUsage) => {
        const first: EventBatch = [{ type: "reply-start", id, model: "m", created: 1 }];
        const events = lists.flat();
        const alone = events.map((event) => [event]);
        expect(bytesOf([first, events], includeUsage).equals(bytesOf([first, ...alone], includeUsage))).toBe(true);
      }),
    );
  });

  it("says in each choice's first chunk who speaks, and in no other", () => {
    const written = chunks(write([start, text("a"), text("b", 1), text("c", 1)]));
    expect(written.map(({ choices: [{ index, delta }] }) => [index, delta.role])).toEqual([
      [0, "assistant"],
      [0, undefined],
      [1, "assistant"],
      [1, undefined],
      [1, undefined],
    ]);
  });

  it("numbers tool calls per choice, with their id in the first piece only", () => {
    const call = (index: number, choice: number): ChatEvent[] => [
      { type: "tool-call-start", choice, index, id: `c${index}`, name: "f", kind: "function" },
      { type: "tool-call-delta", choice, index, arguments: '{"a":' },
      { type: "tool-call-delta", choice, index, arguments: "1}" },
      { type: "tool-call-end", choice, index },
    ];
    expect(
      deltas(start, ...call(0, 0), ...call(1, 0))
        .slice(1)
        .map(({ tool_calls: [piece] }) => piece),
    ).toEqual(
      [0, 1].flatMap((index) => [
        { index, id: `c${index}`, type: "function", function: { name: "f", arguments: "" } },
        { index, function: { arguments: '{"a":' } },
        { index, function: { arguments: "1}" } },
      ]),
    );
  });

  it("calls a function that was given nothing with an empty object, a custom tool with nothing", () => {
    const call = (kind: "function" | "custom"): ChatEvent[] => [
      { type: "tool-call-start", choice: 0, index: 0, id: "c", name: "f", kind },
      { type: "tool-call-delta", choice: 0, index: 0, arguments: "" },
      { type: "tool-call-end", choice: 0, index: 0 },
    ];
    expect(deltas(start, ...call("function")).at(-1)).toEqual({
      tool_calls: [{ index: 0, function: { arguments: "{}" } }],
    });
    expect(deltas(start, ...call("custom")).at(-1)).toEqual({
      tool_calls: [{ index: 0, id: "c", type: "custom", custom: { name: "f", input: "" } }],
    });
  });

  it("writes reasoning as text and as details, numbered by its place in the turn", () => {
    const format = "anthropic-claude-v1";
    expect(
      deltas(
        start,
        { type: "reasoning-delta", choice: 0, block: 4, text: "a" },
        { type: "reasoning-delta", choice: 0, block: 4, text: "", signature: { format, value: "s" } },
        text("x"),
        {
          type: "tool-call-start",
          choice: 0,
          index: 0,
          id: "c",
          name: "f",
          kind: "function",
          signature: { format: "google-gemini-v1", value: "g" },
        },
        { type: "reasoning-delta", choice: 0, block: 9, text: "", encrypted: { format, value: "e" } },
      ).slice(1),
    ).toEqual([
      { reasoning_content: "a", reasoning_details: [{ type: "reasoning.text", text: "a", index: 0 }] },
      { reasoning_details: [{ type: "reasoning.text", text: "", signature: "s", format, index: 0 }] },
      { content: "x" },
      {
        tool_calls: [{ index: 0, id: "c", type: "function", function: { name: "f", arguments: "" } }],
        reasoning_details: [{ type: "reasoning.encrypted", data: "g", id: "c", format: "google-gemini-v1", index: 2 }],
      },
      { reasoning_details: [{ type: "reasoning.encrypted", data: "e", format, index: 3 }] },
    ]);
  });

  it("tells reasoning and its proofs as a whole answer does", () => {
    const reasoning = fc.record({
      type: fc.constant("reasoning-delta" as const),
      choice: fc.constant(0),
      text: fc.constantFrom("", "a", "b\n"),
      signature: fc.option(fc.constant({ format: "f", value: "s" }), { nil: undefined }),
    });
    const call = { type: "tool-call-start", choice: 0, name: "f", kind: "function" } as const;
    const other = fc.constantFrom<ChatEvent>(
      text("x"),
      { type: "text-delta", choice: 0, text: "y", signature: { format: "google-gemini-v1", value: "t" } },
      { type: "refusal-delta", choice: 0, text: "no" },
      { ...call, index: 0, id: "a" },
      { ...call, index: 0, id: "b", signature: { format: "google-gemini-v1", value: "c" } },
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(reasoning, other), { maxLength: 8 }), fc.boolean(), (list, numbered) => {
        let block = 0;
        const events = list.map((event, index): ChatEvent => {
          if (event.type === "tool-call-start") return { ...event, index, id: event.id + index };
          if (event.type !== "reasoning-delta") return event;
          const own = present({ ...event, block: numbered ? block : undefined });
          // A signature ends its block.
          if (event.signature !== undefined || index % 3 === 0) block++;
          return own;
        });
        const collector = createCollector();
        for (const event of [start, ...events, end]) collector.push(event);
        const whole = JSON.parse(encodeReply(collector.result(), { requestId: "r", created: 7, request }));
        const streamed = deltas(start, ...events, end);
        const { reasoning_content = "", reasoning_details = [], tool_calls = [] } = whole.choices[0].message;
        expect(streamed.map((delta) => delta?.reasoning_content ?? "").join("")).toBe(reasoning_content);
        const ids = new Set<string>(tool_calls.map(({ id }: { id: string }) => id));
        const pieces = streamed.flatMap((delta) => delta?.reasoning_details ?? []);
        expect(readDetails(pieces, ids)).toEqual(readDetails(reasoning_details, ids));
      }),
    );
  });

  it("writes citations, refusals, probabilities and reasons", () => {
    const citation = { url: "u", title: "t", start: 1, end: 2 };
    const written = chunks(
      write([
        start,
        { type: "citation", choice: 0, citation },
        { type: "citation", choice: 0, citation: { citedText: "no address" } },
        { type: "refusal-delta", choice: 0, text: "no" },
        { type: "text-delta", choice: 0, text: "x", logprobs: [{ token: "x" }] },
        { type: "reply-end", choice: 0, finishReason: "content_filter", nativeFinishReason: "SAFETY" },
      ]),
    ).map(({ choices }) => choices[0]);
    expect(written[1].delta.annotations).toEqual([
      { type: "url_citation", url_citation: { start_index: 1, end_index: 2, title: "t", url: "u" } },
    ]);
    expect(written[2].delta).toEqual({ refusal: "no" });
    expect(written[3]).toMatchObject({
      delta: { content: "x" },
      logprobs: { content: [{ token: "x" }], refusal: null },
    });
    expect(written[4]).toMatchObject({ delta: {}, finish_reason: "content_filter", native_finish_reason: "SAFETY" });
  });

  it("ends a broken answer with an error chunk and no end mark", () => {
    const encoder = make();
    encoder.encode([start, text("a"), text("b", 1), end]);
    const [chunk] = chunks(encoder.fail(new GatewayError("upstream_stream_truncated", "broke")));
    expect(chunk).toEqual({
      id: "id",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices: [{ index: 1, delta: {}, logprobs: null, finish_reason: "error" }],
      error: { message: "broke", type: "server_error", param: null, code: "upstream_stream_truncated" },
    });
    expect(make().fail(new GatewayError("internal_error", "x"))).not.toContain("[DONE]");
    expect(chunks(make().fail(new GatewayError("internal_error", "x")))[0].choices[0].index).toBe(0);
  });

  it("hides reasoning from those who asked for none", () => {
    const raw = framed('data: {"raw":1}\n\n', { type: "reasoning-delta", choice: 0, text: "secret" });
    const written = write([start, ...raw, { type: "reasoning-delta", choice: 0, text: "secret" }, text("x")], {
      reasoning: { exclude: true },
    });
    expect(written).not.toMatch(/secret|raw/);
  });

  it("answers those who know only the deprecated form in it", () => {
    const legacy = { ...request };
    rememberSource(legacy, { dialect: "openai-chat", body: { functions: [{ name: "f" }] } });
    const encoder = asText(createEncoder({ requestId: "r", created: 7, request: legacy }));
    const call: ChatEvent = { type: "tool-call-start", choice: 0, index: 0, id: "c", name: "f", kind: "function" };
    const stream = encoder.encode([
      start,
      ...framed("data: {}\n\n", call),
      { type: "tool-call-delta", choice: 0, index: 0, arguments: "{}" },
      { type: "tool-call-end", choice: 0, index: 0 },
      { type: "reply-end", choice: 0, finishReason: "tool_calls" },
    ]);
    expect(
      chunks(stream)
        .slice(1)
        .map(({ choices: [{ delta, finish_reason }] }) => [delta, finish_reason]),
    ).toEqual([
      [{ function_call: { name: "f", arguments: "" } }, null],
      [{ function_call: { arguments: "{}" } }, null],
      [{}, "function_call"],
    ]);
  });

  describe("frames", () => {
    const first = 'data: {"id":"wire","model":"w","created":3}\n\n';
    const rawStart = () => framed(first, { type: "reply-start", id: "wire", model: "w", created: 3 });
    const rawText = (value: string) => framed(`data: raw ${value}\n\n`, text(value));
    const rawDone = () => framed("data: [DONE]\n\n", opaque("done"));

    it("pass as they came, with one end mark", () => {
      const batch = [...rawStart(), ...rawText("a"), ...framed(": comment\n\n", opaque("comment")), ...rawDone()];
      expect(write(batch)).toBe(`${first}data: raw a\n\n: comment\n\ndata: [DONE]\n\n`);
      expect(write(batch.slice(0, -1))).toBe(`${first}data: raw a\n\n: comment\n\ndata: [DONE]\n\n`);
    });

    it("of which one event changed are written anew, as part of the same stream", () => {
      const both = framed("data: raw\n\n", text("a"), end);
      const stream = write([...rawStart(), text("b"), ...both.slice(1)]);
      expect(stream.startsWith(first)).toBe(true);
      expect(chunks(stream).slice(1)).toMatchObject([
        { id: "wire", model: "w", created: 3, choices: [{ delta: { content: "b" } }] },
        { id: "wire", choices: [{ delta: {}, finish_reason: "stop" }] },
      ]);
      const [copy] = rawText("secret");
      expect(
        write([...rawStart(), { ...(copy as Extract<ChatEvent, { type: "text-delta" }>), text: "***" }]),
      ).not.toContain("secret");
    });

    it("of another dialect, or of a whole body, are written anew", () => {
      for (const [dialect, form] of [
        ["other", "stream"],
        ["openai-chat", "body"],
      ] as const) {
        const events = withFrame(dialect, form, { raw: "raw" }, [text("a")]);
        expect(chunks(write(events)).at(-1)).toMatchObject({ choices: [{ delta: { content: "a" } }] });
      }
    });

    it("that hold nothing but usage are kept from those who did not ask", () => {
      const batch = [...rawStart(), ...framed("data: usage\n\n", usage), ...rawDone()];
      expect(write(batch)).toBe(`${first}data: [DONE]\n\n`);
      expect(write(batch, { includeUsage: true })).toBe(`${first}data: usage\n\ndata: [DONE]\n\n`);
    });

    it("give way to usage that a stage rewrote, before the end mark", () => {
      const stream = write([...rawStart(), usage, ...rawDone()], { includeUsage: true });
      expect(stream.endsWith("data: [DONE]\n\n")).toBe(true);
      expect(stream).toContain('"usage":{"prompt_tokens":1');
      expect(stream.split("[DONE]")).toHaveLength(2);
    });

    it("that end the stream wait for what a stage still has to say, or for what still fails", () => {
      const encoder = make();
      const early = encoder.encode([...rawStart(), ...rawDone(), text("late")]);
      expect(early).not.toContain("[DONE]");
      expect(early).toContain("late");
      expect(encoder.fail(new GatewayError("upstream_stream_invalid", "x"))).not.toContain("[DONE]");
    });

    it("count for what is added later", () => {
      const call = framed("data: call\n\n", {
        type: "tool-call-start",
        choice: 0,
        index: 0,
        id: "c",
        name: "f",
        kind: "function",
      });
      const stream = write([...rawStart(), ...call, { type: "tool-call-end", choice: 0, index: 0 }]);
      expect(stream).toContain('"function":{"arguments":"{}"}');
      expect(stream).not.toContain('"role"');
    });
  });
});
