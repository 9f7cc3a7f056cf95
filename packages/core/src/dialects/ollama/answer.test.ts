import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framesOf } from "../../../test/frames.ts";
import type { ChatEvent } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { GatewayError, UpstreamError } from "../../errors.ts";
import { createNdjsonParser } from "../../transport/ndjson.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { ollama } from "./ollama.ts";
import { madeCallId } from "../made-call-id.ts";

const request: ChatRequest = {
  dialect: "openai-chat",
  model: "m",
  stream: true,
  messages: [{ role: "user", parts: [{ type: "text", text: "four chars a token" }] }],
};
const options: DecodeOptions = { provider: "acme", model: "m", quirks: {}, request, requestId: "r1" };

const head = { model: "llama3.2", created_at: "2026-11-01T10:00:00.123456789Z" };
const last = { ...head, message: { role: "assistant", content: "" }, done: true, done_reason: "stop" };
const line = (message: object, more: object = {}): Json => ({
  ...head,
  message: { role: "assistant", content: "", ...message },
  done: false,
  ...more,
});
const called = (name: unknown, args: unknown, more: object = {}): object => ({
  ...more,
  function: { name, arguments: args },
});

const decodeText = (body: string): ChatEvent[] => {
  const decoder = ollama.createDecoder(options);
  const parser = createNdjsonParser();
  const events: ChatEvent[] = [];
  for (const frame of framesOf(parser, body)) {
    if (!decoder.ended()) events.push(...decoder.decode(frame));
  }
  return [...events, ...decoder.end()];
};
const decode = (...lines: readonly unknown[]): ChatEvent[] =>
  decodeText(lines.map((each) => `${JSON.stringify(each)}\n`).join(""));
const whole = (body: Json): readonly ChatEvent[] => ollama.decodeReply(body, options);
const endOf = (events: readonly ChatEvent[]): unknown => events.find(({ type }) => type === "reply-end");
const usageOf = (events: readonly ChatEvent[]): unknown =>
  events.flatMap((event) => (event.type === "usage" ? [event.usage] : []))[0];

const codeOf = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return GatewayError.is(error) ? error.code : error;
  }
  return "no error";
};

describe("a streamed answer", () => {
  it("starts once, thinks, speaks, and ends on the line that says so", () => {
    const events = decode(
      line({ thinking: "hm" }),
      line({ content: "Hel" }),
      line({ content: "" }),
      line({ content: "lo" }),
      { ...last, total_duration: 5, prompt_eval_count: 3, eval_count: 2 },
    );
    expect(events).toEqual([
      { type: "reply-start", model: "llama3.2", created: 1_793_527_200 },
      { type: "reasoning-delta", choice: 0, text: "hm" },
      { type: "text-delta", choice: 0, text: "Hel" },
      { type: "opaque", dialect: "ollama", name: "line" },
      { type: "text-delta", choice: 0, text: "lo" },
      { type: "usage", usage: { inputTokens: 3, outputTokens: 2 } },
      {
        type: "reply-end",
        choice: 0,
        finishReason: "stop",
        nativeFinishReason: "stop",
        extras: { total_duration: 5 },
      },
    ]);
  });

  it("brings whole calls, with ids and ordinals of our own where the server has none (Q101)", () => {
    const events = decode(
      line({ tool_calls: [called("f", { b: 1, a: { c: [2] } }), called("g", {}, { id: "" })] }),
      line({ tool_calls: [{ id: "call_own", function: { index: 7, name: "f" } }] }),
      last,
    );
    expect(events.filter(({ type }) => type.startsWith("tool-call"))).toEqual([
      { type: "tool-call-start", choice: 0, index: 0, id: madeCallId("r1", 0), name: "f", kind: "function" },
      { type: "tool-call-delta", choice: 0, index: 0, arguments: '{"b":1,"a":{"c":[2]}}' },
      { type: "tool-call-end", choice: 0, index: 0 },
      { type: "tool-call-start", choice: 0, index: 1, id: madeCallId("r1", 1), name: "g", kind: "function" },
      { type: "tool-call-delta", choice: 0, index: 1, arguments: "{}" },
      { type: "tool-call-end", choice: 0, index: 1 },
      { type: "tool-call-start", choice: 0, index: 2, id: "call_own", name: "f", kind: "function" },
      { type: "tool-call-delta", choice: 0, index: 2, arguments: "{}" },
      { type: "tool-call-end", choice: 0, index: 2 },
    ]);
    expect(endOf(events)).toMatchObject({ finishReason: "tool_calls", nativeFinishReason: "stop" });
  });

  it("may bring its calls on the last line, and say nothing else there", () => {
    expect(endOf(decode({ ...last, message: line({ tool_calls: [called("f", {})] })["message"] }))).toMatchObject({
      finishReason: "tool_calls",
    });
    const { message: _message, ...bare } = last;
    expect(endOf(decode(line({ content: "x" }), bare))).toMatchObject({ finishReason: "stop" });
  });

  it("gives an event for every frame, and ignores what follows the end", () => {
    const events = decodeText(`\n${JSON.stringify(line({ content: "x" }))}\r\n\n${JSON.stringify(last)}\nrubbish`);
    expect(events.map((event) => (event.type === "opaque" ? event.name : event.type))).toEqual([
      "blank",
      "reply-start",
      "text-delta",
      "blank",
      "reply-end",
    ]);
  });

  it("keeps what it does not know of a message", () => {
    expect(decode(line({ images: ["aW1n"] }), last)).toContainEqual({
      type: "opaque",
      dialect: "ollama",
      name: "message",
      value: { images: ["aW1n"] },
    });
  });

  it("tells probabilities in the form every client knows, also before their text", () => {
    const logprobs = [
      { token: "a", logprob: -0.5, bytes: [97], top_logprobs: [{ token: "b", logprob: -1 }, "x"] },
      { token: "c", logprob: "d" },
      { logprob: -2 },
      null,
    ];
    const told = [
      { token: "a", logprob: -0.5, bytes: [97], top_logprobs: [{ token: "b", logprob: -1, bytes: null }] },
      { token: "", logprob: -2, bytes: null, top_logprobs: [] },
    ];
    const events = decode(
      line({ content: "a" }, { logprobs }),
      line({}, { logprobs }),
      line({ thinking: "t" }, { logprobs }),
      last,
    );
    expect(events.filter(({ type }) => type.endsWith("delta"))).toEqual([
      { type: "text-delta", choice: 0, text: "a", logprobs: told },
      { type: "text-delta", choice: 0, text: "", logprobs: told },
      { type: "reasoning-delta", choice: 0, text: "t" },
    ]);
  });
});

describe("an end", () => {
  it.each([
    ["stop", "stop"],
    ["length", "length"],
    ["load", "stop"],
    ["unload", "stop"],
    [undefined, "stop"],
    ["", "stop"],
    ["tired", "error"],
  ])("for %j is %s", (native, reason) => {
    expect(endOf(whole({ ...last, done_reason: native }))).toMatchObject({ finishReason: reason });
  });

  it("by a word yet to be invented lets an answer stand, and a cut call is no whole one", () => {
    const calls = line({ tool_calls: [called("f", {})] })["message"];
    expect(endOf(whole({ ...last, ...line({ content: "x" }), done: true, done_reason: "tired" }))).toMatchObject({
      finishReason: "stop",
      nativeFinishReason: "tired",
    });
    expect(endOf(whole({ ...last, message: calls, done_reason: "tired" }))).toMatchObject({
      finishReason: "tool_calls",
    });
    expect(endOf(whole({ ...last, message: calls, done_reason: "length" }))).toMatchObject({ finishReason: "length" });
  });
});

describe("usage", () => {
  it("is what was counted; zero is left out on the wire", () => {
    expect(usageOf(whole({ ...last, prompt_eval_count: 7, eval_count: 2 }))).toEqual({
      inputTokens: 7,
      outputTokens: 2,
    });
    expect(usageOf(whole({ ...last, prompt_eval_count: 7 }))).toEqual({ inputTokens: 7, outputTokens: 0 });
    expect(usageOf(whole(last))).toBe(undefined);
  });

  it("is an estimate, and says so, where a cached prompt was not counted", () => {
    expect(usageOf(whole({ ...last, eval_count: 2 }))).toEqual({ inputTokens: 9, outputTokens: 2, estimated: true });
  });

  it("is none where the counts make no sense", () => {
    for (const bad of [-1, "9", null, {}, Number.NaN, Infinity]) {
      expect(usageOf(whole({ ...last, prompt_eval_count: bad, eval_count: bad }))).toBe(undefined);
    }
  });
});

describe("what is no answer", () => {
  it.each([
    ["{\n", "upstream_stream_invalid"],
    ["data: {}\n", "upstream_stream_invalid"],
    ["{", "upstream_stream_truncated"],
    ["[]", "upstream_stream_invalid"],
    ["null", "upstream_stream_invalid"],
    ["1", "upstream_stream_invalid"],
    ["{}", "upstream_stream_invalid"],
    ['{"message":null}', "upstream_stream_invalid"],
    ['{"message":"x","done":true}', "upstream_stream_invalid"],
    ['{"response":"x","done":false}', "upstream_stream_invalid"],
    ['{"message":{"content":5}}', "upstream_stream_invalid"],
    ['{"message":{"thinking":[]}}', "upstream_stream_invalid"],
    ['{"message":{"tool_calls":{}}}', "upstream_stream_invalid"],
    ['{"message":{"tool_calls":[null]}}', "upstream_stream_invalid"],
    ['{"message":{"tool_calls":[{"function":{"arguments":{}}}]}}', "upstream_stream_invalid"],
    ['{"message":{"tool_calls":[{"function":{"name":""}}]}}', "upstream_stream_invalid"],
    ['{"message":{"tool_calls":[{"function":{"name":"f","arguments":[1]}}]}}', "upstream_stream_invalid"],
    ['{"message":{"tool_calls":[{"function":{"name":"f","arguments":7}}]}}', "upstream_stream_invalid"],
    ['{"message":{"content":"x"},"done":false}', "upstream_stream_truncated"],
    ['{"message":{"content":"x"},"done":"true"}', "upstream_stream_truncated"],
    ['{"message":{"content":"x"},"done":tr', "upstream_stream_truncated"],
    ["", "upstream_stream_truncated"],
    ["\n\n", "upstream_stream_truncated"],
  ])("is told from one in a stream: %s", (body, code) => {
    expect(codeOf(() => decodeText(body))).toBe(code);
  });

  it.each([
    [{}],
    [{ done: true }],
    [{ ...last, done: false }],
    [{ ...last, message: null }],
    [{ ...last, message: [] }],
    [{ response: "x", done: true }],
    [{ ...last, message: { content: {} } }],
  ])("is told from one that came whole: %j", (body) => {
    expect(codeOf(() => whole(body as Json))).toBe("upstream_invalid_response");
  });

  it("may be an error with status 200, whole or in a stream", () => {
    expect(codeOf(() => whole({ error: "no" }))).toBe("upstream_error");
    expect(codeOf(() => decode(line({ content: "x" }), { error: "no" }, last))).toBe("upstream_error");
    expect(codeOf(() => decode({ error: "prompt too long", status: 400 }))).toBe("context_length_exceeded");
    expect(codeOf(() => decode({ error: "busy", status: 503 }))).toBe("upstream_overloaded");
    expect(codeOf(() => decode({ error: { message: "odd" } }))).toBe("upstream_error");
    expect(codeOf(() => decode({ error: 5 }))).toBe("upstream_error");
    expect(endOf(decode({ ...last, error: null }))).toBeDefined();
  });

  it("makes nothing but errors of the provider, whatever it is", () => {
    const odd = fc.jsonValue();
    const oddLine = fc.record(
      {
        message: fc.oneof(
          odd,
          fc.record({ content: odd, thinking: odd, tool_calls: fc.oneof(odd, fc.array(fc.record({ function: odd }))) }),
        ),
        done: odd,
        done_reason: odd,
        created_at: odd,
        model: odd,
        logprobs: odd,
        error: odd,
        prompt_eval_count: odd,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(odd, oddLine), (value) => {
        for (const read of [(): unknown => decode(value), (): unknown => whole(oddBody(value))]) {
          expect(failureOf(read)).toBeOneOf([undefined, expect.any(UpstreamError)]);
        }
      }),
    );
  });
});

const failureOf = (read: () => unknown): unknown => {
  try {
    read();
  } catch (error) {
    return error;
  }
  return undefined;
};

const oddBody = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : { value });
