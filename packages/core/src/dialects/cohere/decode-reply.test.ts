import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChatEvent } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { cohere } from "./cohere.ts";

const request: ChatRequest = { dialect: "openai-chat", model: "m", stream: false, messages: [] };
const options: DecodeOptions = { provider: "acme", model: "m", quirks: {}, request, requestId: "r1" };

const answer = (message: Json, rest: Json = {}): Json => ({ id: "a1", message, finish_reason: "COMPLETE", ...rest });
const said = (text: string): Json => ({ role: "assistant", content: [{ type: "text", text }] });
const decode = (body: Json): readonly ChatEvent[] => cohere.decodeReply(body, options);
const ofType = (events: readonly ChatEvent[], type: ChatEvent["type"]): readonly ChatEvent[] =>
  events.filter((event) => event.type === type);
const endOf = (body: Json): unknown => ofType(decode(body), "reply-end")[0];
const usageOf = (usage: unknown): unknown => ofType(decode(answer(said("a"), { usage })), "usage")[0];
const errorOf = (body: Json): unknown => {
  try {
    decode(body);
  } catch (error) {
    return GatewayError.is(error) ? error.code : error;
  }
  return "no error";
};

describe("decodeReply", () => {
  it("tells plan, thoughts, text, calls, usage and end in the order of a stream", () => {
    const usage = {
      billed_units: { input_tokens: 3, output_tokens: 4 },
      tokens: { input_tokens: 30, output_tokens: 9 },
    };
    expect(
      decode(
        answer(
          {
            role: "assistant",
            tool_plan: "I will look.",
            content: [
              { type: "thinking", thinking: "Hm." },
              { type: "text", text: "Well" },
            ],
            tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: '{"a": 1}' } }],
          },
          { finish_reason: "TOOL_CALL", usage },
        ),
      ),
    ).toEqual([
      { type: "reply-start", id: "a1" },
      { type: "reasoning-delta", choice: 0, text: "I will look." },
      { type: "reasoning-delta", choice: 0, text: "Hm.", block: 0 },
      { type: "text-delta", choice: 0, text: "Well", block: 1 },
      { type: "tool-call-start", choice: 0, index: 0, id: "c1", name: "f", kind: "function" },
      { type: "tool-call-delta", choice: 0, index: 0, arguments: '{"a": 1}' },
      { type: "tool-call-end", choice: 0, index: 0 },
      { type: "usage", usage: { inputTokens: 30, outputTokens: 9, billed: { inputTokens: 3, outputTokens: 4 } } },
      {
        type: "reply-end",
        choice: 0,
        finishReason: "tool_calls",
        nativeFinishReason: "TOOL_CALL",
        extras: { cohere: { usage } },
      },
    ]);
  });

  it("takes an empty answer for an answer", () => {
    expect(decode(answer({ role: "assistant", content: null, tool_calls: null }))).toEqual([
      { type: "reply-start", id: "a1" },
      { type: "reply-end", choice: 0, finishReason: "stop", nativeFinishReason: "COMPLETE" },
    ]);
  });

  it("keeps content of kinds that are yet to come", () => {
    const value = { type: "image", image: {} };
    expect(decode(answer({ content: [value] }))[1]).toEqual({
      type: "opaque",
      dialect: "cohere",
      name: "content",
      value,
    });
  });

  it.each([
    ["COMPLETE", "stop"],
    ["STOP_SEQUENCE", "stop"],
    ["MAX_TOKENS", "length"],
    // Says calls where there are none.
    ["TOOL_CALL", "stop"],
    ["ERROR_LIMIT", "length"],
    ["ERROR_TOXIC", "content_filter"],
    ["SOMETHING_NEW", "stop"],
  ])("ends in %s as %s", (native, finishReason) => {
    expect(endOf(answer(said("a"), { finish_reason: native }))).toMatchObject({
      finishReason,
      nativeFinishReason: native,
    });
  });

  it("ends in calls where there are some, but never where they were cut (T32)", () => {
    const calls = { tool_calls: [{ id: "c1", function: { name: "f", arguments: '{"a' } }] };
    expect(endOf(answer(calls))).toMatchObject({ finishReason: "tool_calls" });
    expect(endOf(answer(calls, { finish_reason: "MAX_TOKENS" }))).toMatchObject({ finishReason: "length" });
  });

  it("takes no answer where the provider gave up", () => {
    expect(errorOf(answer(said("a"), { finish_reason: "ERROR" }))).toBe("upstream_error");
    expect(errorOf(answer(said("a"), { finish_reason: "ERROR", error: "too many tokens: 5" }))).toBe(
      "context_length_exceeded",
    );
    expect(errorOf(answer(said("a"), { finish_reason: "TIMEOUT" }))).toBe("upstream_timeout");
    expect(errorOf(answer(said("a"), { finish_reason: "USER_CANCEL" }))).toBe("upstream_error");
    expect(errorOf({ message: "invalid request: no", id: "1" })).toBe("upstream_error");
    expect(errorOf({ error: "nothing here" })).toBe("upstream_error");
  });

  it.each([
    ["nothing", {}],
    ["no finish reason", { message: said("a") }],
    ["a finish reason that is no text", answer(said("a"), { finish_reason: 1 })],
    ["content that is no list", answer({ content: "a" })],
    ["content that is no object", answer({ content: ["a"] })],
    ["text that is no text", answer({ content: [{ type: "text", text: 1 }] })],
    ["a plan that is no text", answer({ tool_plan: {} })],
    ["calls that are no list", answer({ tool_calls: {} })],
    ["a call without id", answer({ tool_calls: [{ function: { name: "f" } }] })],
    ["a call without name", answer({ tool_calls: [{ id: "1", function: {} }] })],
    ["arguments that are no text", answer({ tool_calls: [{ id: "1", function: { name: "f", arguments: {} } }] })],
    ["citations that are no list", answer({ citations: 3 })],
  ])("refuses %s", (_what, body) => {
    expect(errorOf(body)).toBe("upstream_invalid_response");
  });

  it("fails in its own words only, whatever comes", () => {
    const words = [
      "message",
      "content",
      "tool_calls",
      "citations",
      "finish_reason",
      "usage",
      "text",
      "type",
      "function",
    ];
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom(null, true, 0, -1.5, Infinity, "", "text", "COMPLETE"),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...words), tie("value")),
      ),
    })).value;
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...words), json), (body) => {
        expect(errorOf(body)).toBeTypeOf("string");
        expect(cohere.decodeError(body, {})).toBeTypeOf("object");
      }),
    );
  });
});

describe("usage", () => {
  it("is what the model read and wrote, and beside it what is billed", () => {
    expect(
      usageOf({
        billed_units: { input_tokens: 1, output_tokens: 2 },
        tokens: { input_tokens: 34, image_tokens: 259, output_tokens: 56, reasoning_tokens: 5 },
        cached_tokens: 16,
      }),
    ).toEqual({
      type: "usage",
      usage: {
        inputTokens: 293,
        outputTokens: 56,
        cacheReadTokens: 16,
        reasoningTokens: 5,
        billed: { inputTokens: 1, outputTokens: 2, cacheReadTokens: 16, reasoningTokens: 5 },
      },
    });
    expect(usageOf({ billed_units: { input_tokens: 1, output_tokens: 2 } })).toEqual({
      type: "usage",
      usage: { inputTokens: 1, outputTokens: 2, billed: { inputTokens: 1, outputTokens: 2 } },
    });
  });

  it("is absent where it makes no sense", () => {
    for (const usage of [
      undefined,
      null,
      3,
      {},
      { tokens: [] },
      { tokens: { input_tokens: -1, output_tokens: "9" } },
    ]) {
      expect(usageOf(usage)).toBeUndefined();
    }
    expect(usageOf({ tokens: { input_tokens: 1.4, output_tokens: null }, cached_tokens: -1 })).toEqual({
      type: "usage",
      usage: { inputTokens: 1, outputTokens: 0 },
    });
  });
});

describe("logprobs", () => {
  it("come with the text, pieces of several tokens as one", () => {
    const body = answer(said("Hi you"), {
      logprobs: [
        { text: "Hi", token_ids: [1], logprobs: [-0.5] },
        { text: " you", token_ids: [2, 3], logprobs: [-1, -0.25] },
        { text: "?", token_ids: [4] },
        { text: "!", token_ids: [4], logprobs: ["x"] },
        "nothing",
      ],
    });
    expect(decode(body)[1]).toEqual({
      type: "text-delta",
      choice: 0,
      text: "Hi you",
      block: 0,
      logprobs: [
        { token: "Hi", logprob: -0.5, bytes: null, top_logprobs: [] },
        { token: " you", logprob: -1.25, bytes: null, top_logprobs: [] },
      ],
    });
  });
});

describe("citations", () => {
  const cited = (message: Json): readonly ChatEvent[] => ofType(decode(answer(message)), "citation");

  it("are one for each source, counted in UTF-16 units of the whole text (T35)", () => {
    const citation = {
      start: 3,
      end: 6,
      text: "b😀c",
      content_index: 2,
      type: "TEXT_CONTENT",
      sources: [
        { type: "document", id: "doc:0", document: { id: "doc:0", title: "T", text: "…" } },
        { type: "tool", id: "f:0", tool_output: { url: "https://example.com", title: 3 } },
      ],
    };
    const content = [
      { type: "text", text: "😀." },
      { type: "thinking", thinking: "Hm" },
      { type: "text", text: "😀😀ab😀c!".replace("a", "") },
    ];
    const message = { content, citations: [{ ...citation, start: 2, end: 5 }] };
    const events = cited(message);
    const raw = { dialect: "cohere", value: { ...citation, start: 2, end: 5 } };
    expect(events).toEqual([
      { type: "citation", choice: 0, citation: { title: "T", citedText: "b😀c", start: 7, end: 11, raw } },
      {
        type: "citation",
        choice: 0,
        citation: { url: "https://example.com", citedText: "b😀c", start: 7, end: 11, raw },
      },
    ]);
    expect("😀.😀😀b😀c!".slice(7, 11)).toBe("b😀c");
  });

  it("belong to the first text where they name no item", () => {
    const content = [
      { type: "thinking", thinking: "Hm" },
      { type: "text", text: "One two" },
    ];
    expect(cited({ content, citations: [{ start: 4, end: 7, text: "two" }] })).toMatchObject([
      { citation: { start: 4, end: 7, citedText: "two" } },
    ]);
    for (const value of [
      { start: -4, end: "7" },
      { start: 4, end: 7 },
    ]) {
      expect(cited({ citations: [value] })).toEqual([
        { type: "citation", choice: 0, citation: { raw: { dialect: "cohere", value } } },
      ]);
    }
  });

  it("of thoughts and plans are not of the answer", () => {
    for (const citation of [{ type: "THINKING_CONTENT" }, { type: "PLAN" }, { content_index: 7 }]) {
      const events = decode(answer({ ...said("a"), citations: [citation] }));
      expect(ofType(events, "citation")).toEqual([]);
      expect(ofType(events, "opaque")).toEqual([
        { type: "opaque", dialect: "cohere", name: "citation", value: citation },
      ]);
    }
  });
});
