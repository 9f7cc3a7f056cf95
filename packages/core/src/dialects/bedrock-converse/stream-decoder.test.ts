import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChatEvent } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { UpstreamError } from "../../errors.ts";
import type { StreamFrame } from "../../transport/frame.ts";
import { bedrockConverse } from "./bedrock-converse.ts";
import { madeCallId } from "../made-call-id.ts";

const request: ChatRequest = { dialect: "openai-chat", model: "m", stream: true, messages: [] };
const createDecoder = () =>
  bedrockConverse.createDecoder({ provider: "bedrock", model: "claude", quirks: {}, request, requestId: "r1" });

const frame = (event: string, value: unknown): StreamFrame => ({ event, data: JSON.stringify(value), raw: "" });
const failure = (event: string, value: unknown): StreamFrame => ({ ...frame(event, value), failure: true });
const delta = (contentBlockIndex: number, value: unknown): StreamFrame =>
  frame("contentBlockDelta", { contentBlockIndex, delta: value });
const toolStart = (contentBlockIndex: number, toolUse: unknown): StreamFrame =>
  frame("contentBlockStart", { contentBlockIndex, start: { toolUse } });
const blockStop = (contentBlockIndex: number): StreamFrame => frame("contentBlockStop", { contentBlockIndex });
const messageStop = (stopReason = "end_turn"): StreamFrame => frame("messageStop", { stopReason });
const metadata = frame("metadata", { usage: { inputTokens: 1, outputTokens: 2 }, p: "abc" });

const decode = (...frames: readonly StreamFrame[]): readonly ChatEvent[] => {
  const decoder = createDecoder();
  return [...frames.flatMap((each) => decoder.decode(each)), ...decoder.end()].filter(({ type }) => type !== "opaque");
};
const usage: ChatEvent = { type: "usage", usage: { inputTokens: 1, outputTokens: 2 } };
const end: ChatEvent = { type: "reply-end", choice: 0, finishReason: "stop", nativeFinishReason: "end_turn" };

/** What a call threw; `undefined` where it went well. */
const thrownBy = (run: () => unknown): unknown => {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
};

describe("createDecoder", () => {
  it("reads text and reasoning, whose blocks have no start, and ends with the usage after the stop", () => {
    const format = "anthropic-claude-v1";
    expect(
      decode(
        frame("messageStart", { role: "assistant" }),
        delta(0, { reasoningContent: { text: "Hm" } }),
        delta(0, { reasoningContent: { signature: "s" } }),
        delta(1, { reasoningContent: { redactedContent: "cg==" } }),
        blockStop(1),
        delta(2, { text: "Hi" }),
        blockStop(2),
        messageStop(),
        metadata,
      ),
    ).toEqual([
      { type: "reply-start" },
      { type: "reasoning-delta", choice: 0, block: 0, text: "Hm" },
      { type: "reasoning-delta", choice: 0, block: 0, text: "", signature: { format, value: "s" } },
      { type: "reasoning-delta", choice: 0, block: 1, text: "", encrypted: { format, value: "cg==" } },
      { type: "text-delta", choice: 0, block: 2, text: "Hi" },
      usage,
      end,
    ]);
  });

  it("numbers calls by themselves, gives those without arguments an object, and closes what the stop left open", () => {
    expect(
      decode(
        delta(0, { text: "Hi" }),
        toolStart(1, { toolUseId: "a", name: "look" }),
        delta(1, { toolUse: { input: "" } }),
        delta(1, { toolUse: { input: '{"x":' } }),
        toolStart(2, { name: "b" }),
        delta(1, { toolUse: { input: "1}" } }),
        blockStop(1),
        messageStop("tool_use"),
        metadata,
      ),
    ).toEqual([
      { type: "text-delta", choice: 0, block: 0, text: "Hi" },
      { type: "tool-call-start", choice: 0, index: 0, id: "a", name: "look", kind: "function" },
      { type: "tool-call-delta", choice: 0, index: 0, arguments: '{"x":' },
      { type: "tool-call-start", choice: 0, index: 1, id: madeCallId("r1", 1), name: "b", kind: "function" },
      { type: "tool-call-delta", choice: 0, index: 0, arguments: "1}" },
      { type: "tool-call-end", choice: 0, index: 0 },
      { type: "tool-call-delta", choice: 0, index: 1, arguments: "{}" },
      { type: "tool-call-end", choice: 0, index: 1 },
      usage,
      { ...end, finishReason: "tool_calls", nativeFinishReason: "tool_use" },
    ]);
  });

  it("tells a citation once it is known how far the cited text goes", () => {
    const citation = { title: "T", source: "not a link", sourceContent: [{ text: "a" }, { text: "b" }] };
    const raw = { dialect: "bedrock-converse", value: citation };
    expect(
      decode(
        delta(0, { text: "xy" }),
        blockStop(0),
        delta(1, { citation }),
        delta(1, { text: "z" }),
        blockStop(1),
        messageStop(),
        metadata,
      ),
    ).toContainEqual({
      type: "citation",
      choice: 0,
      block: 1,
      citation: { title: "T", citedText: "ab", start: 2, end: 3, raw },
    });
  });

  it("keeps tools that Bedrock runs apart from the client's", () => {
    const decoder = createDecoder();
    const events = [
      toolStart(0, { type: "server_tool_use", toolUseId: "t", name: "nova_grounding" }),
      delta(0, { toolUse: { input: "{}" } }),
      blockStop(0),
      frame("contentBlockStart", { contentBlockIndex: 1, start: { toolResult: {} } }),
      delta(1, { toolResult: [{ text: "r" }] }),
      frame("somethingNew", { a: 1 }),
      messageStop(),
    ].flatMap((each) => decoder.decode(each));
    expect(events.map(({ type }) => type)).toEqual(Array.from({ length: 7 }, () => "opaque"));
    expect(decoder.decode(metadata).at(-1)).toEqual(end);
  });

  it("is over with the metadata and not before", () => {
    const decoder = createDecoder();
    decoder.decode(messageStop());
    expect(decoder.ended()).toBe(false);
    expect(() => decoder.end()).toThrow(expect.objectContaining({ code: "upstream_stream_truncated" }));
    decoder.decode(metadata);
    expect(decoder.ended()).toBe(true);
    expect(decoder.end()).toEqual([]);
  });

  it.each<[string, StreamFrame]>([
    ["no JSON", { event: "messageStart", data: "{", raw: "" }],
    ["no data", { event: "messageStart", raw: "" }],
    ["no object", frame("messageStart", [])],
    ["no index", frame("contentBlockDelta", { delta: { text: "a" } })],
    ["no stop reason", frame("messageStop", {})],
    ["metadata before the stop", metadata],
  ])("refuses an event with %s", (_, each) => {
    expect(() => createDecoder().decode(each)).toThrow(expect.objectContaining({ code: "upstream_stream_invalid" }));
  });

  it("refuses more calls than an answer may hold", () => {
    const decoder = createDecoder();
    const start = (): unknown => decoder.decode(toolStart(0, { name: "a" }));
    for (let index = 0; index < 128; index++) start();
    expect(start).toThrow("more tool calls");
  });

  it.each<[string, StreamFrame, string, number]>([
    ["throttling", failure("throttlingException", { message: "slow" }), "upstream_rate_limited", 1],
    ["an overload", failure("serviceUnavailableException", {}), "upstream_overloaded", 1],
    ["its own failure", failure("internalServerException", {}), "upstream_error", 1],
    ["a bad request", failure("validationException", { message: "bad" }), "upstream_invalid_request", 0],
    ["a long prompt", failure("validationException", { message: "Input is too long" }), "context_length_exceeded", 0],
    ["the model's failure", failure("modelStreamErrorException", { message: "broke" }), "upstream_error", 0],
    [
      "the model's failure that may pass",
      failure("modelStreamErrorException", { message: "broke", originalStatusCode: 500 }),
      "upstream_error",
      1,
    ],
    [
      "the model's throttling",
      failure("modelStreamErrorException", { message: "broke", originalStatusCode: 429, originalMessage: "slow" }),
      "upstream_rate_limited",
      1,
    ],
    ["an unknown exception", failure("newException", {}), "upstream_error", 1],
    ["an exception in bare words", { event: "x", data: "oh no", failure: true, raw: "" }, "upstream_error", 1],
    ["an exception that says nothing", { failure: true, raw: "" }, "upstream_error", 1],
  ])("tells %s in a stream apart (Q87)", (_, each, code, retries) => {
    const fail = (): unknown => createDecoder().decode(each);
    expect(fail).toThrow(UpstreamError);
    expect(fail).toThrow(expect.objectContaining({ code, retries }));
  });

  it("throws nothing but upstream errors, whatever comes", () => {
    const names = [
      "messageStart",
      "contentBlockStart",
      "contentBlockDelta",
      "contentBlockStop",
      "messageStop",
      "metadata",
    ];
    const keys = fc.constantFrom(
      "contentBlockIndex",
      "delta",
      "start",
      "toolUse",
      "citation",
      "usage",
      "stopReason",
      "text",
    );
    const frames = fc.array(
      fc.tuple(fc.constantFrom(...names), fc.anything({ key: keys, maxDepth: 3 }), fc.boolean()),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(frames, (list) => {
        const toFrame = ([event, value, fails]: (typeof list)[number]): StreamFrame =>
          fails ? failure(event, value) : frame(event, value);
        const error = thrownBy(() => decode(...list.map(toFrame)));
        expect(error === undefined || error instanceof UpstreamError).toBe(true);
      }),
    );
  });
});
