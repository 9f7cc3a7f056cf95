import { describe, expect, it } from "vitest";
import type { Choice, CollectedReply } from "../../chat/collect.ts";
import { GatewayError } from "../../errors.ts";
import type { DecodeOptions, EncodeOptions } from "../dialect.ts";
import { decodeReply } from "./decode-reply.ts";
import { encodeReply } from "./encode-reply.ts";
import { decodeError, encodeError } from "./errors.ts";
import { decodeUsage, encodeUsage } from "./usage.ts";
import { madeCallId } from "../made-call-id.ts";

const options: EncodeOptions & DecodeOptions = {
  provider: "acme",
  model: "claude",
  quirks: {},
  request: { dialect: "anthropic-messages", model: "asked/for", stream: false, messages: [] },
  requestId: "r1",
  created: 0,
};

const reply = (choice: Partial<Choice>, more: Partial<CollectedReply> = {}): CollectedReply => ({
  choices: [{ index: 0, parts: [], citations: [], finishReason: "stop", ...choice }],
  text: "",
  ...more,
});

const write = (choice: Partial<Choice>, more: Partial<CollectedReply> = {}): Record<string, unknown> =>
  JSON.parse(encodeReply(reply(choice, more), options));

describe("encodeReply", () => {
  it("writes a whole message, with what the provider did not give made up", () => {
    expect(write({ parts: [{ type: "text", text: "Hi" }] }, { usage: { inputTokens: 3, outputTokens: 1 } })).toEqual({
      id: "msg_r1",
      type: "message",
      role: "assistant",
      model: "asked/for",
      content: [{ type: "text", text: "Hi" }],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: { input_tokens: 3, output_tokens: 1 },
    });
  });

  it("writes blocks in their order, reasoning from elsewhere with an empty signature", () => {
    const format = "anthropic-claude-v1";
    const { content } = write({
      parts: [
        { type: "reasoning", text: "a", signature: { format, value: "s" } },
        { type: "reasoning", text: "b", signature: { format: "other", value: "s" } },
        { type: "reasoning", text: "", encrypted: { format, value: "d" } },
        { type: "reasoning", text: "", encrypted: { format: "other", value: "d" } },
        { type: "text", text: "c" },
        { type: "tool-call", kind: "function", id: "t", name: "f", arguments: "" },
      ],
    });
    expect(content).toEqual([
      { type: "thinking", thinking: "a", signature: "s" },
      { type: "thinking", thinking: "b", signature: "" },
      { type: "redacted_thinking", data: "d" },
      { type: "text", text: "c" },
      { type: "tool_use", id: "t", name: "f", input: {} },
    ]);
  });

  it("leaves arguments as the model wrote them", () => {
    const argumentsText = '{ "b": 12345678901234567890, "a": 1.0 }';
    const parts = [{ type: "tool-call", kind: "function", id: "t", name: "f", arguments: argumentsText }] as const;
    expect(encodeReply(reply({ parts, finishReason: "tool_calls" }), options)).toContain(`"input":${argumentsText}}`);
  });

  it("fails on arguments that are no object, and leaves out a call that the limit cut", () => {
    const parts = [{ type: "tool-call", kind: "function", id: "t", name: "f", arguments: '{"a' }] as const;
    expect(() => write({ parts, finishReason: "tool_calls" })).toThrow(
      expect.objectContaining({ name: "UpstreamError", code: "upstream_invalid_response" }),
    );
    expect(write({ parts, finishReason: "length" })).toMatchObject({ content: [], stop_reason: "max_tokens" });
  });

  it("hangs its own citations on the block they begin with", () => {
    const value = { type: "char_location", cited_text: "x" };
    const raw = { dialect: "anthropic-messages", value };
    const { content } = write({
      parts: [
        { type: "text", text: "abc" },
        { type: "text", text: "de" },
      ],
      citations: [
        { start: 3, end: 5, raw },
        { url: "https://a.example", start: 0 },
      ],
    });
    expect(content).toEqual([
      { type: "text", text: "abc" },
      { type: "text", text: "de", citations: [value] },
    ]);
  });

  it.each([
    [{ finishReason: "length" }, "max_tokens", null],
    [{ finishReason: "tool_calls", nativeFinishReason: "tool_calls" }, "tool_use", null],
    [{ finishReason: "content_filter" }, "refusal", null],
    [{ finishReason: "stop", nativeFinishReason: "pause_turn" }, "pause_turn", null],
    [
      { finishReason: "length", nativeFinishReason: "model_context_window_exceeded" },
      "model_context_window_exceeded",
      null,
    ],
    [{ finishReason: "content_filter", nativeFinishReason: "end_turn" }, "refusal", null],
    [{ finishReason: "stop", stopSequence: "END" }, "stop_sequence", "END"],
  ] as const)("writes the ending %j", (ending, stopReason, stopSequence) => {
    expect(write(ending)).toMatchObject({ stop_reason: stopReason, stop_sequence: stopSequence });
  });

  it("writes a refusal as text where it has no details of its own", () => {
    const parts = [{ type: "refusal", text: "No." }] as const;
    expect(write({ parts })).toMatchObject({ stop_reason: "refusal", content: [{ type: "text", text: "No." }] });
    const details = { type: "refusal", explanation: "No." };
    expect(write({ parts, finishReason: "content_filter", extras: { stop_details: details } })).toMatchObject({
      stop_reason: "refusal",
      content: [],
      stop_details: details,
    });
  });

  it("does not make an answer of one that its provider gave up", () => {
    expect(() => write({ finishReason: "error" })).toThrow(expect.objectContaining({ code: "upstream_error" }));
  });
});

describe("decodeReply", () => {
  it.each([
    ["nothing", {}, "upstream_invalid_response"],
    ["a content that is no list", { content: "x" }, "upstream_invalid_response"],
    [
      "an error in disguise",
      { type: "error", error: { type: "overloaded_error", message: "m" } },
      "upstream_overloaded",
    ],
  ])("refuses %s", (_, body, code) => {
    expect(() => decodeReply(body, options)).toThrow(expect.objectContaining({ name: "UpstreamError", code }));
  });

  it("counts calls for themselves and lets them outrank a plain stop", () => {
    const content = [{ type: "text", text: "a" }, { type: "tool_use", name: "f", input: { x: 1 } }, "junk"];
    expect(decodeReply({ content, stop_reason: "end_turn" }, options).slice(2)).toEqual([
      { type: "tool-call-start", choice: 0, index: 0, id: madeCallId("r1", 0), name: "f", kind: "function" },
      { type: "tool-call-delta", choice: 0, index: 0, arguments: '{"x":1}' },
      { type: "tool-call-end", choice: 0, index: 0 },
      { type: "reply-end", choice: 0, finishReason: "tool_calls", nativeFinishReason: "end_turn" },
    ]);
  });
});

describe("usage", () => {
  it("counts the passes that wrote the answer, and charges for all of them", () => {
    // As an answer with an adviser of another model tells it.
    const passes = [
      { type: "message", input_tokens: 1128, output_tokens: 135 },
      { type: "advisor_message", model: "claude-opus-4-8", input_tokens: 2543, output_tokens: 18 },
      { type: "message", input_tokens: 1283, output_tokens: 10, cache_read_input_tokens: 7 },
    ];
    const stated = { input_tokens: 2411, cache_read_input_tokens: 7, output_tokens: 145 };
    const counts = { inputTokens: 2418, outputTokens: 145, cacheReadTokens: 7 };
    expect(decodeUsage({ ...stated, iterations: passes })).toEqual({
      ...counts,
      billed: { inputTokens: 4961, outputTokens: 163, cacheReadTokens: 7 },
    });
    expect(decodeUsage({ ...stated, iterations: passes.filter(({ type }) => type === "message") })).toEqual(counts);
    expect(decodeUsage({ ...stated, iterations: [passes[1], "?", { type: "message" }] })).toEqual(counts);
  });

  it("counts cached tokens into the total and back out of it", () => {
    const native = {
      input_tokens: 3,
      cache_creation_input_tokens: 20,
      cache_read_input_tokens: 100,
      cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 15 },
      output_tokens: 7,
      output_tokens_details: { thinking_tokens: 4 },
    };
    const usage = {
      inputTokens: 123,
      outputTokens: 7,
      cacheReadTokens: 100,
      cacheWriteTokens: 20,
      cacheWriteLongTokens: 15,
      reasoningTokens: 4,
    };
    expect(decodeUsage(native)).toEqual(usage);
    expect(encodeUsage(usage)).toEqual(native);
  });

  it("keeps absent counts absent, and never goes below zero", () => {
    expect(decodeUsage({ input_tokens: 3, output_tokens: 1, cache_read_input_tokens: null })).toEqual({
      inputTokens: 3,
      outputTokens: 1,
    });
    expect(decodeUsage({ input_tokens: "3" })).toBeUndefined();
    expect(encodeUsage({ inputTokens: 3, outputTokens: 1, cacheReadTokens: 9 })["input_tokens"]).toBe(0);
  });

  it("reads a cost that the server states", () => {
    expect(decodeUsage({ input_tokens: 1, output_tokens: 1, cost: 0.000112 })?.costNanoUsd).toBe(112_000);
    expect(decodeUsage({ input_tokens: 1, output_tokens: 1, cost: -1 })?.costNanoUsd).toBeUndefined();
  });
});

describe("errors", () => {
  it.each([
    ["invalid_value", "invalid_request_error"],
    ["invalid_api_key", "authentication_error"],
    ["model_not_found", "not_found_error"],
    ["request_too_large", "request_too_large"],
    ["rate_limit_exceeded", "rate_limit_error"],
    ["budget_exceeded", "billing_error"],
    ["internal_error", "api_error"],
    ["upstream_overloaded", "overloaded_error"],
    ["upstream_timeout", "timeout_error"],
    ["upstream_error", "api_error"],
  ] as const)("tell %s as %s", (code, type) => {
    expect(JSON.parse(encodeError(new GatewayError(code, "Why."), "r1"))).toEqual({
      type: "error",
      error: { type, message: "Why." },
      request_id: "r1",
    });
  });

  it.each([
    [
      { type: "error", error: { type: "invalid_request_error", message: "m", details: { error_code: "c" } } },
      { type: "invalid_request_error", message: "m", code: "c" },
    ],
    [{ error: { message: "m", code: 1113, param: "p" } }, { message: "m", code: "1113", param: "p" }],
    [{ error: "m" }, { message: "m" }],
    [
      { message: "m", type: "t" },
      { message: "m", type: "t" },
    ],
    [{ detail: "m" }, { message: "m" }],
    [{ detail: [{ loc: ["a"] }, { msg: "m" }] }, { message: "m" }],
    ["<html>", { message: "<html>" }],
    ["", {}],
    [null, {}],
    [{ type: "error", error: [] }, {}],
  ])("are read from %j", (body, expected) => {
    expect(decodeError(body)).toEqual(expected);
  });
});
