import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChatEvent } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import type { DecodeOptions, FrameDecoder, Json } from "../dialect.ts";
import { cohere } from "./cohere.ts";

const request: ChatRequest = { dialect: "openai-chat", model: "m", stream: true, messages: [] };
const options: DecodeOptions = { provider: "acme", model: "m", quirks: {}, request, requestId: "r1" };

const event = (type: string, message: Json = {}, rest: Json = {}): Json => ({ type, delta: { message }, ...rest });
const start = event("message-start", { role: "assistant", content: [], tool_plan: "" }, { id: "a1" });
const content = (piece: Json, index = 0): Json => event("content-delta", { content: piece }, { index });
const callStart = (index: number, id: string, text: unknown = ""): Json =>
  event(
    "tool-call-start",
    { tool_calls: { id, type: "function", function: { name: "f", arguments: text } } },
    { index },
  );
const callDelta = (index: number, text: unknown): Json =>
  event("tool-call-delta", { tool_calls: { function: { arguments: text } } }, { index });
const callEnd = (index: number): Json => ({ type: "tool-call-end", index });
const end = (finishReason: unknown = "COMPLETE", rest: Json = {}): Json => ({
  type: "message-end",
  delta: { finish_reason: finishReason, ...rest },
});

const feed = (decoder: FrameDecoder, events: readonly unknown[]): ChatEvent[] =>
  events.flatMap((each) => {
    const data = typeof each === "string" ? each : JSON.stringify(each);
    const decoded = decoder.decode({ data, raw: `data: ${data}\n\n` });
    expect(decoded.length).toBeGreaterThan(0);
    return [...decoded];
  });
const decode = (...events: readonly unknown[]): ChatEvent[] => {
  const decoder = cohere.createDecoder(options);
  return [...feed(decoder, events), ...decoder.end()];
};
/** What an answer of these events says, apart from its start and end. */
const told = (...events: readonly unknown[]): ChatEvent[] =>
  decode(...events, end()).filter(({ type }) => type !== "opaque" && type !== "reply-end");
const errorOf = (...events: readonly unknown[]): unknown => {
  try {
    decode(...events);
  } catch (error) {
    return GatewayError.is(error) ? error.code : error;
  }
  return "no error";
};

describe("createDecoder", () => {
  it("tells the answer as it comes, and ends with its last event", () => {
    const decoder = cohere.createDecoder(options);
    expect(feed(decoder, [start])).toEqual([{ type: "reply-start", id: "a1" }]);
    expect(feed(decoder, [event("content-start", { content: { type: "text", text: "" } }, { index: 0 })])).toEqual([
      { type: "opaque", dialect: "cohere", name: "content-start" },
    ]);
    expect(feed(decoder, [content({ text: "Hi" })])).toEqual([{ type: "text-delta", choice: 0, text: "Hi", block: 0 }]);
    expect(decoder.ended()).toBe(false);
    const usage = { tokens: { input_tokens: 3, output_tokens: 1 } };
    expect(feed(decoder, [end("COMPLETE", { usage })])).toEqual([
      { type: "usage", usage: { inputTokens: 3, outputTokens: 1 } },
      {
        type: "reply-end",
        choice: 0,
        finishReason: "stop",
        nativeFinishReason: "COMPLETE",
        extras: { cohere: { usage } },
      },
    ]);
    expect(decoder.ended()).toBe(true);
    expect(feed(decoder, ["[DONE]"])).toEqual([{ type: "opaque", dialect: "cohere", name: "done" }]);
    expect(decoder.end()).toEqual([]);
  });

  it("tells plan and thoughts as reasoning, in blocks of their own (T19)", () => {
    expect(
      told(
        event("tool-plan-delta", { tool_plan: "I will" }),
        event("content-start", { content: { type: "thinking", thinking: "Hm" } }, { index: 0 }),
        content({ thinking: "." }),
        content({ text: "So" }, 1),
      ),
    ).toEqual([
      { type: "reasoning-delta", choice: 0, text: "I will" },
      { type: "reasoning-delta", choice: 0, text: "Hm", block: 0 },
      { type: "reasoning-delta", choice: 0, text: ".", block: 0 },
      { type: "text-delta", choice: 0, text: "So", block: 1 },
    ]);
  });

  it("numbers the calls by their order, and gives each arguments that are JSON (T4)", () => {
    expect(
      told(callStart(3, "c1", "{"), callStart(5, "c2"), callDelta(3, "}"), callEnd(5), callEnd(3), callStart(3, "c3")),
    ).toEqual([
      { type: "tool-call-start", choice: 0, index: 0, id: "c1", name: "f", kind: "function" },
      { type: "tool-call-delta", choice: 0, index: 0, arguments: "{" },
      { type: "tool-call-start", choice: 0, index: 1, id: "c2", name: "f", kind: "function" },
      { type: "tool-call-delta", choice: 0, index: 0, arguments: "}" },
      { type: "tool-call-delta", choice: 0, index: 1, arguments: "{}" },
      { type: "tool-call-end", choice: 0, index: 1 },
      { type: "tool-call-end", choice: 0, index: 0 },
      { type: "tool-call-start", choice: 0, index: 2, id: "c3", name: "f", kind: "function" },
      { type: "tool-call-delta", choice: 0, index: 2, arguments: "{}" },
      { type: "tool-call-end", choice: 0, index: 2 },
    ]);
  });

  it("does not make a cut call look whole (T32)", () => {
    expect(decode(callStart(0, "c1"), end("MAX_TOKENS")).slice(1)).toEqual([
      { type: "tool-call-end", choice: 0, index: 0 },
      { type: "reply-end", choice: 0, finishReason: "length", nativeFinishReason: "MAX_TOKENS" },
    ]);
  });

  it("places a citation in text that is still growing", () => {
    const citation = { start: 1, end: 3, text: "ab", sources: [], content_index: 1, type: "TEXT_CONTENT" };
    expect(
      told(
        content({ thinking: "Hm" }),
        content({ text: "😀a" }, 1),
        event("citation-start", { citations: citation }, { index: 0 }),
        { type: "citation-end", index: 0 },
        content({ text: "b" }, 1),
      ).filter(({ type }) => type === "citation"),
    ).toMatchObject([{ citation: { start: 2, end: 4, citedText: "ab" } }]);
  });

  it("tells logprobs with their text", () => {
    const logprobs = { text: "Hi", token_ids: [1], logprobs: [-0.5] };
    expect(told({ ...content({ text: "Hi" }), logprobs })).toMatchObject([
      { text: "Hi", logprobs: [{ token: "Hi", logprob: -0.5 }] },
    ]);
  });

  it("goes by the framing's name where an event does not say what it is", () => {
    const decoder = cohere.createDecoder(options);
    const data = JSON.stringify({ index: 0, delta: { message: { content: { text: "Hi" } } } });
    expect(decoder.decode({ event: "content-delta", data, raw: data })).toMatchObject([{ text: "Hi" }]);
  });

  it("keeps what it does not know, and comments", () => {
    const decoder = cohere.createDecoder(options);
    expect(decoder.decode({ raw: ": hello\n\n" })).toEqual([{ type: "opaque", dialect: "cohere", name: "comment" }]);
    expect(feed(decoder, [{ type: "debug", prompt: "…" }])).toEqual([
      { type: "opaque", dialect: "cohere", name: "debug" },
    ]);
  });

  it("fails where the provider gives up", () => {
    expect(errorOf(start, content({ text: "Hi" }), end("ERROR", { error: "generation failed" }))).toBe(
      "upstream_error",
    );
    expect(errorOf(start, end("TIMEOUT"))).toBe("upstream_timeout");
    expect(errorOf(start, { message: "too many tokens: 5 received", id: "1" })).toBe("context_length_exceeded");
    expect(errorOf(start, { type: "error", message: "no" })).toBe("upstream_error");
  });

  it("fails where the end did not come", () => {
    expect(errorOf()).toBe("upstream_stream_truncated");
    expect(errorOf(start, content({ text: "Hi" }))).toBe("upstream_stream_truncated");
    expect(errorOf(start, content({ text: "Hi" }), "[DONE]")).toBe("upstream_stream_truncated");
  });

  it.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["no finish reason", end("")],
    ["a finish reason that is no text", end(3)],
    ["no content", event("content-delta", {}, { index: 0 })],
    ["content as a list", event("content-delta", { content: [{ text: "a" }] }, { index: 0 })],
    ["text that is no text", content({ text: 3 })],
    ["thoughts that are no text", content({ thinking: ["a"] })],
    ["no index", event("content-delta", { content: { text: "a" } })],
    ["an index that is no number", event("content-delta", { content: { text: "a" } }, { index: "0" })],
    ["a call without id", callStart(0, "")],
    ["arguments that are no text", callStart(0, "c1", {})],
    ["a piece of no call", callDelta(0, "{}")],
    ["an end of no call", callEnd(0)],
    ["calls as a list", event("tool-call-start", { tool_calls: [{ id: "c1" }] }, { index: 0 })],
    ["a citation as a list", event("citation-start", { citations: [] }, { index: 0 })],
  ])("refuses %s", (_what, broken) => {
    expect(errorOf(start, broken, end())).toBe("upstream_stream_invalid");
  });

  it("refuses one call begun twice", () => {
    expect(errorOf(start, callStart(0, "c1"), callStart(0, "c2"), end())).toBe("upstream_stream_invalid");
  });

  it("fails in its own words only, whatever comes", () => {
    const types = [
      "message-start",
      "content-delta",
      "tool-call-start",
      "tool-call-delta",
      "citation-start",
      "message-end",
    ];
    const words = ["type", "index", "delta", "message", "content", "tool_calls", "citations", "text", "finish_reason"];
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom(null, 0, 2, -1.5, "", "COMPLETE", ...types),
        fc.array(tie("value"), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom(...words), tie("value")),
      ),
    })).value;
    const events = fc.array(fc.tuple(fc.constantFrom(...types), json, json));
    fc.assert(
      fc.property(events, (list) => {
        const frames = list.map(([type, delta, index]) => ({ type, delta, index }));
        expect(errorOf(...frames)).toBeTypeOf("string");
      }),
    );
  });
});
