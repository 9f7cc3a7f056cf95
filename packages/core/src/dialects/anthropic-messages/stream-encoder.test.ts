import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framesOf } from "../../../test/frames.ts";
import type { ChatEvent, EventBatch } from "../../chat/event.ts";
import { withFrame } from "../../chat/frame.ts";
import { GatewayError } from "../../errors.ts";
import { createSseParser } from "../../transport/sse.ts";
import type { DecodeOptions, EncodeOptions, Json } from "../dialect.ts";
import { objectIn } from "../fields.ts";
import { createDecoder } from "./stream-decoder.ts";
import { createEncoder } from "./stream-encoder.ts";
import { asText } from "../../testing/as-text.ts";

const options: DecodeOptions & EncodeOptions = {
  provider: "acme",
  model: "claude",
  quirks: {},
  request: { dialect: "anthropic-messages", model: "asked/for", stream: true, messages: [] },
  requestId: "r1",
  created: 0,
};

const encode = (...batches: readonly EventBatch[]): string => {
  const encoder = asText(createEncoder(options));
  return batches.map((batch) => encoder.encode(batch)).join("") + encoder.end();
};

/** The data of each frame; each must have its name. */
const dataOf = (stream: string): Json[] =>
  framesOf(createSseParser(), stream).map(({ event, data }) => {
    const value: Json = JSON.parse(data ?? "");
    expect(event).toBe(value["type"]);
    return value;
  });

const start: ChatEvent = { type: "reply-start", id: "msg_1", model: "claude-x" };
const text = (piece: string, block?: number): ChatEvent => ({
  type: "text-delta",
  choice: 0,
  text: piece,
  ...(block === undefined ? {} : { block }),
});
const call = (index: number): ChatEvent => ({
  type: "tool-call-start",
  choice: 0,
  index,
  id: `call_${index}`,
  name: "f",
  kind: "function",
});
const args = (index: number, piece: string): ChatEvent => ({
  type: "tool-call-delta",
  choice: 0,
  index,
  arguments: piece,
});
const callEnd = (index: number): ChatEvent => ({ type: "tool-call-end", choice: 0, index });
const end = (finishReason: "stop" | "tool_calls" | "content_filter" | "error" = "stop"): ChatEvent => ({
  type: "reply-end",
  choice: 0,
  finishReason,
});

/** A stream as short as: `start0:text`, `delta0`, `stop0`. */
const outline = (stream: string): string[] =>
  dataOf(stream).map((value) => {
    const type = String(value["type"]);
    const index = String(value["index"]);
    const delta = objectIn(value, "delta") ?? {};
    if (type === "content_block_start") return `start${index}:${String(objectIn(value, "content_block")?.["type"])}`;
    if (type === "content_block_stop") return `stop${index}`;
    if (type !== "content_block_delta") return type;
    return `delta${index}:${String(delta["text"] ?? delta["partial_json"] ?? delta["thinking"] ?? delta["type"])}`;
  });

describe("createEncoder", () => {
  it("writes the whole sequence for an answer from elsewhere, with usage at the end", () => {
    const usage = { inputTokens: 110, outputTokens: 7, cacheReadTokens: 100, reasoningTokens: 3 };
    const stream = encode([start], [text("Hi "), text("you\n")], [end()], [{ type: "usage", usage }]);
    expect(stream).toBe(
      [
        'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"output_tokens":0}}}',
        'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi "}}',
        'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"you\\n"}}',
        'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}',
        'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":10,"cache_read_input_tokens":100,"output_tokens":7,"output_tokens_details":{"thinking_tokens":3}}}',
        'event: message_stop\ndata: {"type":"message_stop"}',
        "",
      ].join("\n\n"),
    );
  });

  it("makes up what the provider did not give", () => {
    const [opening] = dataOf(encode([text("Hi"), end()]));
    expect(opening).toMatchObject({ type: "message_start", message: { id: "msg_r1", model: "asked/for" } });
  });

  it("tells what was read at the start where it is known by then, and nothing of what is written only later", () => {
    const usage = { inputTokens: 5, outputTokens: 7, reasoningTokens: 3 };
    const [opening, ...rest] = dataOf(encode([start, { type: "usage", usage }, text("Hi")], [end()]));
    expect(objectIn(objectIn(opening ?? {}, "message") ?? {}, "usage")).toEqual({ input_tokens: 5, output_tokens: 0 });
    expect(rest.at(-2)).toMatchObject({ usage: { input_tokens: 5, output_tokens: 7 } });
  });

  it("holds the pieces of a second call back until the first is over", () => {
    const encoder = asText(createEncoder(options));
    const live = encoder.encode([start, call(0), args(0, "{"), call(1), args(1, "["), args(0, "}"), args(1, "]")]);
    expect(outline(live)).toEqual(["message_start", "start0:tool_use", "delta0:{", "delta0:}"]);
    expect(outline(encoder.encode([callEnd(0)]))).toEqual(["stop0", "start1:tool_use", "delta1:[", "delta1:]"]);
    expect(outline(encoder.encode([args(1, " "), callEnd(1), end("tool_calls")]))).toEqual(["delta1: ", "stop1"]);
    const [delta, stop] = dataOf(encoder.end());
    expect(delta).toMatchObject({ type: "message_delta", delta: { stop_reason: "tool_use" } });
    expect(stop).toEqual({ type: "message_stop" });
  });

  it("writes calls that never ended in order, at the end", () => {
    expect(outline(encode([start, call(0), call(1), args(1, "1"), args(0, "0"), end("tool_calls")]))).toEqual([
      "message_start",
      "start0:tool_use",
      "delta0:0",
      "stop0",
      "start1:tool_use",
      "delta1:1",
      "stop1",
      "message_delta",
      "message_stop",
    ]);
  });

  it("gives each kind of content a block of its own, and a signed thought is closed", () => {
    const thought = (piece: string): ChatEvent => ({ type: "reasoning-delta", choice: 0, text: piece });
    const signature = { format: "anthropic-claude-v1", value: "sig" };
    const signed: ChatEvent = { type: "reasoning-delta", choice: 0, text: "", signature };
    const foreign: ChatEvent = {
      type: "reasoning-delta",
      choice: 0,
      text: "",
      signature: { format: "other", value: "x" },
    };
    expect(outline(encode([start, thought("a"), signed, thought("b"), foreign, text("c"), end()]))).toEqual([
      "message_start",
      "start0:thinking",
      "delta0:a",
      "delta0:signature_delta",
      "stop0",
      "start1:thinking",
      "delta1:b",
      "stop1",
      "start2:text",
      "delta2:c",
      "stop2",
      "message_delta",
      "message_stop",
    ]);
  });

  it("tells a refusal from elsewhere as text, with the stop reason it has here", () => {
    const stream = dataOf(encode([start, { type: "refusal-delta", choice: 0, text: "No." }, end()]));
    expect(stream[2]).toMatchObject({ delta: { type: "text_delta", text: "No." } });
    expect(stream.at(-2)).toMatchObject({ delta: { stop_reason: "refusal" } });
  });

  it("leaves out other choices and what only other dialects know", () => {
    const stream = encode([
      start,
      text("a"),
      { ...text("b"), choice: 1 } as ChatEvent, // A text delta like the first
      { type: "opaque", dialect: "openai-chat", name: "done" },
      { type: "reply-end", choice: 1, finishReason: "length" },
      end(),
    ]);
    expect(stream).not.toContain('"b"');
    expect(stream).not.toContain("done");
    expect(dataOf(stream).at(-2)).toMatchObject({ delta: { stop_reason: "end_turn" } });
  });

  it("tells an answer that its provider gave up as an error, and ends without message_stop", () => {
    for (const stream of [encode([start, text("a"), end("error")]), encode([start, text("a")])]) {
      expect(outline(stream).slice(-2)).toEqual(["delta0:a", "error"]);
      expect(dataOf(stream).at(-1)).toMatchObject({ error: { type: "api_error" }, request_id: "r1" });
    }
  });

  it("tells a failure inside the stream, after which nothing comes", () => {
    const encoder = asText(createEncoder(options));
    encoder.encode([start, text("a")]);
    const failure = new GatewayError("upstream_stream_truncated", "It broke.");
    expect(encoder.fail(failure)).toBe(
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"It broke."},"request_id":"r1"}\n\n',
    );
    expect([encoder.encode([text("b")]), encoder.end(), encoder.fail(failure)]).toEqual(["", "", ""]);
  });

  it("has one end", () => {
    const encoder = asText(createEncoder(options));
    encoder.encode([start, end()]);
    expect(outline(encoder.end())).toEqual(["message_delta", "message_stop"]);
    expect([encoder.end(), encoder.encode([text("b")]), encoder.fail(new GatewayError("internal_error", ""))]).toEqual([
      "",
      "",
      "",
    ]);
  });
});

// --- Streams of the same dialect ---

const wire = (name: string, data: string): string => `event: ${name}\ndata: ${data}\n\n`;
const opening = wire(
  "message_start",
  '{"type":"message_start", "message":{"id":"msg_1","model":"claude","content":[],"usage":{"input_tokens":3,"output_tokens":1}}}',
);
const blockStart = (index: number, block: string): string =>
  wire("content_block_start", `{"type":"content_block_start","index":${index},"content_block":${block}}`);
const textStart = (index: number): string => blockStart(index, '{"type":"text","text":"", "new":true}');
const toolStart = (index: number, id: string): string =>
  blockStart(index, `{"type":"tool_use","id":"${id}","name":"f","input":{},"caller":{"type":"direct"}}`);
const textDelta = (index: number, piece: string): string =>
  wire(
    "content_block_delta",
    `{"type":"content_block_delta","index":${index},"delta":{"type":"text_delta","text":"${piece}"}  }`,
  );
const jsonDelta = (index: number, piece: string): string =>
  wire(
    "content_block_delta",
    `{"type":"content_block_delta","index":${index},"delta":{"type":"input_json_delta","partial_json":"${piece}"}}`,
  );
const blockStop = (index: number): string =>
  wire("content_block_stop", `{"type":"content_block_stop","index":${index}   }`);
const ping = wire("ping", '{"type": "ping"}');
const closing =
  wire(
    "message_delta",
    '{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":9}, "new":1}',
  ) + wire("message_stop", '{"type":"message_stop"  }');

/** The events of each frame. */
const decodeFrames = (stream: string): (readonly ChatEvent[])[] => {
  const decoder = createDecoder(options);
  return framesOf(createSseParser(), stream).map((frame) => {
    const events = decoder.decode(frame);
    return decoder.broken?.() === true ? events : withFrame("anthropic-messages", "stream", frame, events);
  });
};

const decode = (stream: string): ChatEvent[] => decodeFrames(stream).flat();

const mixed = [
  opening,
  textStart(0),
  ping,
  textDelta(0, "one"),
  textDelta(0, "two"),
  textDelta(0, "three"),
  blockStop(0),
  toolStart(1, "toolu_1"),
  jsonDelta(1, ""),
  jsonDelta(1, "{}"),
  blockStop(1),
  blockStart(2, '{"type":"server_tool_use","id":"s","name":"web_search","input":{}}'),
  jsonDelta(2, "{}"),
  blockStop(2),
  closing,
];

describe("createEncoder for a stream of its own dialect", () => {
  it("passes everything as it came, however it is cut into batches", () => {
    const frames = decodeFrames(mixed.join(""));
    for (let size = 1; size <= frames.length; size++) {
      const batches = frames.flatMap((_, at) => (at % size === 0 ? [frames.slice(at, at + size).flat()] : []));
      expect(encode(...batches)).toBe(mixed.join(""));
    }
  });

  it("writes a rewritten delta anew, and nothing else", () => {
    const events = decode(mixed.join("")).map((event) =>
      event.type === "text-delta" && event.text === "two" ? { ...event, text: "2 \n" } : event,
    );
    const rewritten = wire(
      "content_block_delta",
      '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"2 \\n"}}',
    );
    expect(encode(events)).toBe(mixed.map((frame) => (frame === textDelta(0, "two") ? rewritten : frame)).join(""));
  });

  it("writes a renamed call anew, keeps what it does not know of it, and passes its arguments", () => {
    const events = decode(mixed.join("")).map((event) =>
      event.type === "tool-call-start" ? { ...event, name: "g" } : event,
    );
    const renamed = blockStart(
      1,
      '{"type":"tool_use","id":"toolu_1","name":"g","input":{},"caller":{"type":"direct"}}',
    );
    expect(encode(events)).toBe(mixed.map((frame) => (frame === toolStart(1, "toolu_1") ? renamed : frame)).join(""));
  });

  describe("with citations, which are told when their block ends", () => {
    const delta = (source: string): string =>
      wire(
        "content_block_delta",
        `{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"type":"c","url":"${source}"}}}`,
      );
    const cited = [opening, textStart(0), delta("a"), textDelta(0, "one"), delta("b"), blockStop(0), closing];
    const sources = (stream: string): unknown[] =>
      dataOf(stream).flatMap((value) => objectIn(objectIn(value, "delta") ?? {}, "citation")?.["url"] ?? []);

    it("passes them as they came", () => {
      expect(encode(...decodeFrames(cited.join("")))).toBe(cited.join(""));
    });

    it("does not tell them twice where their text, or their end, was changed", () => {
      const events = decode(cited.join(""));
      const rewritten = events.map((event) => (event.type === "text-delta" ? { ...event, text: "two" } : event));
      expect(sources(encode(rewritten))).toEqual(["a", "b"]);
      const replaced = events.map((event) => (event.type === "citation" ? { ...event } : event));
      expect(sources(encode(replaced))).toEqual(["a", "b"]);
    });

    it("tells them within their block where nothing came in its frame", () => {
      const copies = decode(cited.join("")).map((event) => ({ ...event }));
      const stream = encode(copies);
      expect(sources(stream)).toEqual(["a", "b"]);
      expect(outline(stream).slice(1, 6)).toEqual([
        "start0:text",
        "delta0:one",
        "delta0:citations_delta",
        "delta0:citations_delta",
        "stop0",
      ]);
    });
  });

  it("closes the block that an early end leaves open", () => {
    const events = decode(mixed.slice(0, 4).join(""));
    const filtered: ChatEvent = { type: "reply-end", choice: 0, finishReason: "content_filter" };
    expect(encode([...events, filtered])).toBe(
      mixed.slice(0, 4).join("") +
        wire("content_block_stop", '{"type":"content_block_stop","index":0}') +
        wire(
          "message_delta",
          '{"type":"message_delta","delta":{"stop_reason":"refusal","stop_sequence":null},"usage":{"input_tokens":3,"output_tokens":1}}',
        ) +
        wire("message_stop", '{"type":"message_stop"}'),
    );
  });

  it("writes the end anew where its usage was changed", () => {
    const events = decode(opening + closing).map((event) =>
      event.type === "usage" ? { ...event, usage: { inputTokens: 1, outputTokens: 2 } } : event,
    );
    expect(dataOf(encode(events)).slice(-2)).toEqual([
      {
        type: "message_delta",
        delta: { stop_reason: "end_turn", stop_sequence: null },
        usage: { input_tokens: 1, output_tokens: 2 },
      },
      { type: "message_stop" },
    ]);
  });

  it("counts on where somebody put a block in between", () => {
    const events = decode(mixed.join(""));
    const at = events.findIndex(({ type }) => type === "tool-call-start") - 1;
    expect(outline(encode(events.toSpliced(at, 0, text("new"))))).toEqual([
      "message_start",
      "start0:text",
      "ping",
      "delta0:one",
      "delta0:two",
      "delta0:three",
      "stop0",
      "start1:text",
      "delta1:new",
      "stop1",
      "start2:tool_use",
      "delta2:",
      "delta2:{}",
      "stop2",
      "start3:server_tool_use",
      "delta3:{}",
      "stop3",
      "message_delta",
      "message_stop",
    ]);
  });

  it("puts blocks in order that a server lets overlap", () => {
    const frames = [
      opening,
      toolStart(0, "a"),
      toolStart(1, "b"),
      jsonDelta(1, "1"),
      jsonDelta(0, "0"),
      blockStop(0),
      blockStop(1),
    ];
    expect(outline(encode(decode(frames.join("") + closing)))).toEqual([
      "message_start",
      "start0:tool_use",
      "delta0:0",
      "stop0",
      "start1:tool_use",
      "delta1:1",
      "stop1",
      "message_delta",
      "message_stop",
    ]);
  });

  it("gives frames a name where the server forgot it", () => {
    const nameless = mixed.join("").replaceAll(/^event: .*\n/gm, "");
    const blocks = (stream: string) => outline(stream).filter((step) => step !== "ping");
    expect(blocks(encode(decode(nameless)))).toEqual(blocks(mixed.join("")));
  });

  it("keeps the refusal's own form when the rest is written anew", () => {
    const refusal =
      '{"stop_reason":"refusal","stop_sequence":null,"stop_details":{"type":"refusal","explanation":"No."}}';
    const stream =
      opening + wire("message_delta", `{"type":"message_delta","delta":${refusal},"usage":{"output_tokens":9}}`);
    const copies = decode(stream).map((event) => ({ ...event }));
    expect(dataOf(encode(copies))[1]).toMatchObject({ type: "message_delta", delta: JSON.parse(refusal) });
    expect(encode(copies)).not.toContain("text_delta");
  });

  it("is well-formed whatever happens to the events on the way", () => {
    const events = decode(mixed.join(""));
    const change = fc.constantFrom(
      "keep",
      "keep",
      "keep",
      "drop",
      "copy",
      "insert-text",
      "insert-thought",
      "insert-call",
    );
    const thought: ChatEvent = { type: "reasoning-delta", choice: 0, text: "hm" };
    fc.assert(
      fc.property(fc.array(change, { minLength: events.length, maxLength: events.length }), (changes) => {
        let calls = 10;
        const changed = events.flatMap((event, index): ChatEvent[] => {
          const what = event.type === "reply-end" ? "keep" : changes[index];
          if (what === "drop") return [];
          if (what === "copy") return [{ ...event }];
          if (what === "insert-text") return [text("new"), event];
          if (what === "insert-thought") return [thought, event];
          if (what === "insert-call") return [call(++calls), event, args(calls, "{}"), callEnd(calls)];
          return [event];
        });
        expect(faultIn(encode(changed))).toBeUndefined();
      }),
    );
  });
});

/** What is wrong with a stream: it has one start, one end, blocks numbered from zero and never two open at once. */
const faultIn = (stream: string): string | undefined => {
  const steps = outline(stream).filter((step) => step !== "ping");
  if (steps[0] !== "message_start") return "no start";
  if (steps.slice(-2).join() !== "message_delta,message_stop") return "no end";
  let next = 0;
  let open: number | undefined;
  for (const step of steps.slice(1, -2)) {
    const [, kind, index] = /^(start|delta|stop)(\d+)/.exec(step) ?? [];
    if (kind === "start") {
      if (open !== undefined || Number(index) !== next) return `${step} while ${open} is open`;
      open = next++;
    } else if (open !== Number(index)) return `${step} while ${open} is open`;
    if (kind === "stop") open = undefined;
  }
  return open === undefined ? undefined : `${open} is left open`;
};
