import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framesOf } from "../../../test/frames.ts";
import type { StreamFrame } from "../../transport/frame.ts";
import { createCollector } from "../../chat/collect.ts";
import type { ChatEvent } from "../../chat/event.ts";
import { UpstreamError } from "../../errors.ts";
import { createSseParser } from "../../transport/sse.ts";
import type { DecodeOptions } from "../dialect.ts";
import { createDecoder } from "./stream-decoder.ts";

const options: DecodeOptions = {
  provider: "acme",
  model: "claude",
  quirks: {},
  request: { dialect: "openai-chat", model: "claude", stream: true, messages: [] },
  requestId: "r1",
};

const frame = (data: { readonly type: string; readonly [name: string]: unknown }) => {
  const text = JSON.stringify(data);
  return { event: data.type, data: text, raw: `event: ${data.type}\ndata: ${text}\n\n` };
};

const start = frame({
  type: "message_start",
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-x",
    content: [],
    stop_reason: null,
    usage: { input_tokens: 5, cache_read_input_tokens: 100, output_tokens: 1, service_tier: "standard" },
  },
});
const block = (index: number, content: object) => frame({ type: "content_block_start", index, content_block: content });
const delta = (index: number, content: object) => frame({ type: "content_block_delta", index, delta: content });
const close = (index: number) => frame({ type: "content_block_stop", index });
const end = (reason: string, more: object = {}, usage: object = { output_tokens: 7 }) =>
  frame({ type: "message_delta", delta: { stop_reason: reason, stop_sequence: null, ...more }, usage });
const stop = frame({ type: "message_stop" });

const decodeAll = (frames: readonly StreamFrame[], decodeOptions = options): ChatEvent[] => {
  const decoder = createDecoder(decodeOptions);
  return [...frames.flatMap((one) => decoder.decode(one)), ...decoder.end()];
};

const meaningful = (events: readonly ChatEvent[]): ChatEvent[] => events.filter(({ type }) => type !== "opaque");

describe("createDecoder", () => {
  it("tells start, text, usage and end", () => {
    const text = [block(0, { type: "text", text: "" }), delta(0, { type: "text_delta", text: "Hi" }), close(0)];
    expect(meaningful(decodeAll([start, ...text, end("end_turn"), stop]))).toEqual([
      { type: "reply-start", id: "msg_1", model: "claude-x", serviceTier: "default" },
      { type: "usage", usage: { inputTokens: 105, outputTokens: 1, cacheReadTokens: 100 } },
      { type: "text-delta", choice: 0, text: "Hi", block: 0 },
      { type: "usage", usage: { inputTokens: 105, outputTokens: 7, cacheReadTokens: 100 } },
      { type: "reply-end", choice: 0, finishReason: "stop", nativeFinishReason: "end_turn" },
    ]);
  });

  it("replaces usage by what comes later and keeps what was said only before", () => {
    const usage = { input_tokens: 8, output_tokens: 9, cache_creation_input_tokens: 2, cache_read_input_tokens: null };
    const events = decodeAll([start, end("end_turn", {}, usage), stop]);
    expect(events.findLast(({ type }) => type === "usage")).toMatchObject({
      usage: { inputTokens: 110, outputTokens: 9, cacheReadTokens: 100, cacheWriteTokens: 2 },
    });
  });

  it("counts tool calls for themselves, not by block", () => {
    const frames = [
      start,
      block(0, { type: "text", text: "" }),
      close(0),
      block(1, { type: "tool_use", id: "toolu_1", name: "a", input: {} }),
      delta(1, { type: "input_json_delta", partial_json: "" }),
      delta(1, { type: "input_json_delta", partial_json: '{"x":1}' }),
      close(1),
      block(2, { type: "tool_use", id: "toolu_2", name: "b", input: {} }),
      delta(2, { type: "input_json_delta", partial_json: "" }),
      close(2),
      end("tool_use"),
      stop,
    ];
    expect(meaningful(decodeAll(frames)).slice(2, -2)).toEqual([
      { type: "tool-call-start", choice: 0, index: 0, id: "toolu_1", name: "a", kind: "function" },
      { type: "tool-call-delta", choice: 0, index: 0, arguments: "" },
      { type: "tool-call-delta", choice: 0, index: 0, arguments: '{"x":1}' },
      { type: "tool-call-end", choice: 0, index: 0 },
      { type: "tool-call-start", choice: 0, index: 1, id: "toolu_2", name: "b", kind: "function" },
      { type: "tool-call-delta", choice: 0, index: 1, arguments: "" },
      { type: "tool-call-delta", choice: 0, index: 1, arguments: "{}" },
      { type: "tool-call-end", choice: 0, index: 1 },
    ]);
  });

  it("takes arguments from the start of a block where a server puts them", () => {
    const call = block(0, { type: "tool_use", id: "1", name: "a", input: { x: 1 } });
    expect(meaningful(decodeAll([start, call, close(0), end("tool_use"), stop]))).toContainEqual({
      type: "tool-call-delta",
      choice: 0,
      index: 0,
      arguments: '{"x":1}',
    });
  });

  it("does not take a server's tools for the client's", () => {
    const frames = [
      block(0, { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} }),
      delta(0, { type: "input_json_delta", partial_json: '{"query":"x"}' }),
      close(0),
      block(1, { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [] }),
      close(1),
    ];
    const events = decodeAll([start, ...frames, end("end_turn"), stop]);
    expect(meaningful(events).map(({ type }) => type)).toEqual(["reply-start", "usage", "usage", "reply-end"]);
    expect(events).toContainEqual({
      type: "opaque",
      dialect: "anthropic-messages",
      name: "content_block_start",
      value: JSON.parse(frames[3]?.data ?? ""),
    });
  });

  it("tells thinking with its signature, and redacted and omitted thinking", () => {
    const frames = [
      block(0, { type: "thinking", thinking: "", signature: "" }),
      delta(0, { type: "thinking_delta", thinking: "Hm" }),
      delta(0, { type: "thinking_delta", thinking: "m." }),
      delta(0, { type: "signature_delta", signature: "c2ln" }),
      close(0),
      block(1, { type: "redacted_thinking", data: "ZGF0YQ==" }),
      close(1),
      block(2, { type: "thinking", thinking: "", signature: "b21pdHRlZA==" }),
      close(2),
    ];
    const collector = createCollector();
    for (const event of decodeAll([start, ...frames, end("end_turn"), stop])) collector.push(event);
    const format = "anthropic-claude-v1";
    expect(collector.result().choices[0]?.parts).toEqual([
      { type: "reasoning", text: "Hmm.", signature: { format, value: "c2ln" } },
      { type: "reasoning", text: "", encrypted: { format, value: "ZGF0YQ==" } },
      { type: "reasoning", text: "", signature: { format, value: "b21pdHRlZA==" } },
    ]);
  });

  it("tells citations when their block ends, which is the text they speak of", () => {
    const citation = { type: "web_search_result_location", url: "https://a.example", title: "A", cited_text: "c" };
    const frames = [
      block(0, { type: "text", text: "" }),
      delta(0, { type: "text_delta", text: "12345" }),
      delta(0, { type: "text_delta", text: "67" }),
      close(0),
      block(1, { type: "text", text: "", citations: [] }),
      delta(1, { type: "citations_delta", citation }),
      delta(1, { type: "text_delta", text: "89" }),
    ];
    const told = {
      type: "citation",
      choice: 0,
      block: 1,
      citation: {
        url: "https://a.example",
        title: "A",
        citedText: "c",
        start: 7,
        end: 9,
        raw: { dialect: "anthropic-messages", value: citation },
      },
    };
    // Also where the block, or the message, is never said to end.
    for (const ending of [[close(1), end("end_turn"), stop], [end("end_turn"), stop], [stop]]) {
      const events = decodeAll([start, ...frames, ...ending]);
      expect(events.filter(({ type }) => type === "citation")).toEqual([told]);
      const order = events.map(({ type }) => type);
      expect(order.indexOf("citation")).toBeGreaterThan(order.lastIndexOf("text-delta"));
      expect(order.indexOf("citation")).toBeLessThan(order.indexOf("reply-end"));
    }
  });

  it.each([
    ["end_turn", "stop"],
    ["stop_sequence", "stop"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["tool_use", "tool_calls"],
    ["pause_turn", "stop"],
    ["compaction", "stop"],
    ["refusal", "content_filter"],
    ["something_new", "stop"],
  ])("reads %s as %s", (reason, finishReason) => {
    expect(decodeAll([start, end(reason), stop])).toContainEqual({
      type: "reply-end",
      choice: 0,
      finishReason,
      nativeFinishReason: reason,
    });
  });

  it("explains a refusal before the end", () => {
    const details = { type: "refusal", category: "cyber", explanation: "No." };
    const events = decodeAll([start, end("refusal", { stop_details: details }), stop]);
    expect(meaningful(events).slice(-2)).toEqual([
      { type: "refusal-delta", choice: 0, text: "No." },
      {
        type: "reply-end",
        choice: 0,
        finishReason: "content_filter",
        nativeFinishReason: "refusal",
        extras: { stop_details: details },
      },
    ]);
  });

  it("names the stop sequence", () => {
    const events = decodeAll([start, end("stop_sequence", { stop_sequence: "END" }), stop]);
    expect(events).toContainEqual(expect.objectContaining({ type: "reply-end", stopSequence: "END" }));
  });

  it("throws the provider's own error as what it is", () => {
    const decoder = createDecoder(options);
    decoder.decode(start);
    const error = frame({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } });
    expect(() => decoder.decode(error)).toThrow(
      expect.objectContaining({ code: "upstream_overloaded", upstreamMessage: "Overloaded", provider: "acme" }),
    );
  });

  it.each([
    ["no JSON", { data: "{", raw: "data: {\n\n" }],
    ["no object", { data: "1", raw: "data: 1\n\n" }],
    ["a delta without index", frame({ type: "content_block_delta", delta: { type: "text_delta", text: "a" } })],
  ])("refuses %s", (_, broken) => {
    expect(() => createDecoder(options).decode(broken)).toThrow(
      expect.objectContaining({ name: "UpstreamError", code: "upstream_stream_invalid" }),
    );
  });

  it("refuses an endless number of tool calls", () => {
    const calls = Array.from({ length: 129 }, (_, index) =>
      block(index, { type: "tool_use", id: `${index}`, name: "a" }),
    );
    expect(() => decodeAll([start, ...calls])).toThrow(expect.objectContaining({ code: "upstream_stream_invalid" }));
  });

  it("ends at message_stop and nowhere else", () => {
    const decoder = createDecoder(options);
    for (const one of [start, end("end_turn")]) decoder.decode(one);
    expect(decoder.ended()).toBe(false);
    expect(() => decoder.end()).toThrow(expect.objectContaining({ code: "upstream_stream_truncated" }));
    decoder.decode(stop);
    expect(decoder.ended()).toBe(true);
    expect(decoder.end()).toEqual([]);
  });

  it("takes a stop reason and a closed stream for an end only where the server is known for it", () => {
    const quirks = { doneMarker: "optional" } as const;
    expect(decodeAll([start, end("end_turn")], { ...options, quirks }).at(-1)).toMatchObject({ type: "reply-end" });
    expect(() => decodeAll([start], { ...options, quirks })).toThrow(/complete/);
  });

  it("gives pings, comments and unknown frames as opaque events", () => {
    const decoder = createDecoder(options);
    const dialect = "anthropic-messages";
    expect(decoder.decode(frame({ type: "ping" }))).toEqual([
      { type: "opaque", dialect, name: "ping", value: { type: "ping" } },
    ]);
    expect(decoder.decode({ raw: ": hello\n\n" })).toEqual([{ type: "opaque", dialect, name: "comment" }]);
    expect(decoder.decode(frame({ type: "news", x: 1 }))).toEqual([
      { type: "opaque", dialect, name: "news", value: { type: "news", x: 1 } },
    ]);
  });

  it("calls frames broken that Anthropic's clients could not read", () => {
    const decoder = createDecoder(options);
    const isBroken = (one: Parameters<typeof decoder.decode>[0]) => [decoder.decode(one), decoder.broken?.()][1];
    expect(isBroken(start)).toBe(false);
    expect(isBroken(block(0, { type: "text", text: "" }))).toBe(false);
    const { data, raw } = delta(0, { type: "text_delta", text: "a" });
    expect(isBroken({ event: "content_block_delta", data, raw })).toBe(false);
    expect(isBroken({ data, raw })).toBe(true);
    expect(isBroken({ event: "content_block_delta", data, raw })).toBe(false);
    expect(isBroken(close(0))).toBe(false);
    // Without a stop reason before it, and without the blank line after it.
    expect(isBroken({ ...stop, raw: stop.raw.trimEnd() })).toBe(true);
  });

  it("makes the same of every chunking", () => {
    const frames = [
      start,
      block(0, { type: "text", text: "" }),
      delta(0, { type: "text_delta", text: "Größe" }),
      delta(0, { type: "text_delta", text: "👍\n" }),
      delta(0, { type: "text_delta", text: "end" }),
      close(0),
      end("end_turn"),
      stop,
    ];
    const bytes = Buffer.from(frames.map(({ raw }) => raw).join(""));
    const read = (chunks: readonly Uint8Array[]): ChatEvent[] => {
      const parser = createSseParser();
      return decodeAll(framesOf(parser, ...chunks));
    };
    const expected = read([bytes]);
    for (let at = 1; at < bytes.length; at++) {
      expect(read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
    }
  });

  it("never takes a stream that was cut for a complete one", () => {
    const text = [start, block(0, { type: "text", text: "" }), delta(0, { type: "text_delta", text: "Hi" }), close(0)];
    const bytes = Buffer.from([...text, end("end_turn"), stop].map(({ raw }) => raw).join(""));
    const outcome = (length: number): unknown => {
      const parser = createSseParser();
      const decoder = createDecoder(options);
      try {
        for (const one of framesOf(parser, bytes.subarray(0, length))) decoder.decode(one);
        decoder.end();
        return "complete";
      } catch (error) {
        return error instanceof UpstreamError ? error.code : error;
      }
    };
    const outcomes = Array.from({ length: bytes.length + 1 }, (_, length) => outcome(length));
    // The last JSON is whole at the end; only its blank line may be missing.
    expect(outcomes.slice(-3)).toEqual(["complete", "complete", "complete"]);
    expect(new Set(outcomes.slice(0, -3))).toEqual(new Set(["upstream_stream_truncated"]));
  });

  it("finds the same text whether a delta is cut or parsed", () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.constantFrom('"', "\\", "\n", "{}", '"}}', "text"),
    );
    const piece = fc.record({ text, index: fc.nat(1), thinks: fc.boolean(), pad: fc.nat(4) });
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const decoder = createDecoder(options);
        for (const { text: said, index, thinks, pad } of pieces) {
          const { data } = delta(
            index,
            thinks ? { type: "thinking_delta", thinking: said } : { type: "text_delta", text: said },
          );
          const padded = data.replace(/}$/, `${" ".repeat(pad)}}`);
          expect(decoder.decode({ event: "content_block_delta", data: padded, raw: padded })).toEqual([
            { type: thinks ? "reasoning-delta" : "text-delta", choice: 0, text: said, block: index },
          ]);
        }
      }),
    );
  });
});
