import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framesOf } from "../../../test/frames.ts";
import { type CollectedReply, createCollector } from "../../chat/collect.ts";
import type { ChatEvent } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import { createSseParser } from "../../transport/sse.ts";
import type { DecodeOptions, FrameDecoder } from "../dialect.ts";
import { gemini } from "./gemini.ts";
import { madeCallId } from "../made-call-id.ts";

const request: ChatRequest = { dialect: "openai-chat", model: "m", stream: true, messages: [] };
const options: DecodeOptions = { provider: "acme", model: "m", quirks: {}, request, requestId: "r1" };

const sse = (...chunks: readonly unknown[]): string =>
  chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join("");

const candidate = (parts: readonly unknown[], rest: object = {}): unknown => ({
  candidates: [{ content: { role: "model", parts }, ...rest }],
});

const feed = (decoder: FrameDecoder, body: string | Uint8Array): ChatEvent[] => {
  const parser = createSseParser();
  return framesOf(parser, body).flatMap((frame) => decoder.decode(frame));
};

const decode = (body: string | Uint8Array): ChatEvent[] => {
  const decoder = gemini.createDecoder(options);
  return [...feed(decoder, body), ...decoder.end()];
};

const collect = (events: readonly ChatEvent[]): CollectedReply => {
  const collector = createCollector();
  for (const event of events) collector.push(event);
  return collector.result();
};

const codeOf = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return GatewayError.is(error) ? error.code : error;
  }
  return "no error";
};

const bare = (event: ChatEvent): unknown => {
  const { frame: _frame, ...rest } = event;
  return rest;
};

describe("createDecoder", () => {
  it("starts once, tells the text as it comes and ends when the stream is closed", () => {
    const head = { modelVersion: "gemini-x", responseId: "id1", createTime: "2025-01-02T03:04:05.6Z" };
    const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 1, serviceTier: "standard" };
    const events = decode(
      sse(
        { candidates: [{ content: { parts: [{ text: "Hel" }] } }], usageMetadata, ...head },
        { candidates: [{ content: { parts: [{ text: "lo" }] }, finishReason: "STOP", index: 0 }], ...head },
      ),
    );
    expect(events.map(bare)).toEqual([
      { type: "reply-start", id: "id1", model: "gemini-x", created: 1_735_787_045, serviceTier: "default" },
      { type: "text-delta", choice: 0, text: "Hel" },
      { type: "usage", usage: { inputTokens: 3, outputTokens: 1 } },
      { type: "text-delta", choice: 0, text: "lo" },
      { type: "opaque", dialect: "gemini", name: "finishReason", value: { index: 0, finishReason: "STOP" } },
      { type: "reply-end", choice: 0, finishReason: "stop", nativeFinishReason: "STOP" },
    ]);
  });

  it("gives an event for frames that say nothing", () => {
    const decoder = gemini.createDecoder(options);
    const events = feed(decoder, `: hello\n\n${sse({}, { candidates: [{ content: { parts: [{ text: "" }] } }] })}`);
    expect(events.map((event) => (event.type === "opaque" ? event.name : event.type))).toEqual([
      "comment",
      "reply-start",
      "chunk",
    ]);
  });

  it("keeps thoughts out of the text (Q61)", () => {
    const reply = collect(
      decode(sse(candidate([{ text: "hm", thought: true }]), candidate([{ text: "ok" }], { finishReason: "STOP" }))),
    );
    expect(reply.text).toBe("ok");
    expect(reply.choices[0]?.parts).toEqual([
      { type: "reasoning", text: "hm", summary: true },
      { type: "text", text: "ok" },
    ]);
  });

  it("keeps a signature that comes alone, on an empty text or on nothing, also after the finish reason (T3)", () => {
    for (const last of [{ text: "", thoughtSignature: "c2ln" }, { thoughtSignature: "c2ln" }]) {
      const reply = collect(decode(sse(candidate([{ text: "ok" }], { finishReason: "STOP" }), candidate([last]))));
      expect(reply.choices[0]?.parts).toEqual([
        { type: "text", text: "ok", signature: { format: "google-gemini-v1", value: "c2ln" } },
      ]);
    }
  });

  it("does not join a signed text with what follows it", () => {
    const reply = collect(
      decode(
        sse(candidate([{ text: "a", thoughtSignature: "x" }, { text: "b" }, { text: "c" }], { finishReason: "STOP" })),
      ),
    );
    expect(reply.choices[0]?.parts).toEqual([
      { type: "text", text: "a", signature: { format: "google-gemini-v1", value: "x" } },
      { type: "text", text: "bc" },
    ]);
  });

  it("makes ids for calls without one, gives absent arguments as {} and ends in tool_calls (Q45, Q65, T2)", () => {
    const calls = [
      { functionCall: { name: "a" }, thoughtSignature: "x" },
      { functionCall: { name: "b", args: { n: 1 }, id: "own" } },
    ];
    const events = decode(
      sse(
        candidate(calls),
        candidate([{ functionCall: { name: "a", args: {} } }]),
        candidate([{ text: "" }], { finishReason: "STOP" }),
      ),
    );
    const reply = collect(events);
    expect(reply.choices[0]).toMatchObject({
      finishReason: "tool_calls",
      nativeFinishReason: "STOP",
      parts: [
        { id: madeCallId("r1", 0), name: "a", arguments: "{}", signature: { value: "x" } },
        { id: "own", name: "b", arguments: '{"n":1}' },
        { id: madeCallId("r1", 1), name: "a", arguments: "{}" },
      ],
    });
    expect(events.filter((event) => event.type === "tool-call-end").map((event) => event.index)).toEqual([0, 1, 2]);
  });

  it("keeps choices apart by index, absent meaning 0 (Q57)", () => {
    const reply = collect(
      decode(
        sse(
          { candidates: [{ content: { parts: [{ text: "a" }] } }, { index: 1, content: { parts: [{ text: "b" }] } }] },
          { candidates: [{ index: 1, finishReason: "MAX_TOKENS" }, { finishReason: "STOP" }] },
        ),
      ),
    );
    expect(reply.choices).toMatchObject([
      { index: 0, parts: [{ text: "a" }], finishReason: "stop" },
      { index: 1, parts: [{ text: "b" }], finishReason: "length" },
    ]);
  });

  it.each([
    ["MAX_TOKENS", [{ functionCall: { name: "f" } }], "length"],
    ["SAFETY", [], "content_filter"],
    ["MALFORMED_FUNCTION_CALL", [], "error"],
    ["MALFORMED_FUNCTION_CALL", [{ text: "so far" }], "stop"],
    ["UNEXPECTED_TOOL_CALL", [{ text: "so far" }, { functionCall: { name: "f" } }], "error"],
    ["A_WORD_TO_COME", [{ text: "fine" }], "stop"],
    [2, [], "length"],
  ] as const)("ends %s with %j as %s (Q64, T34)", (finishReason, parts, expected) => {
    expect(collect(decode(sse(candidate(parts, { finishReason })))).choices[0]?.finishReason).toBe(expected);
  });

  it("answers a blocked prompt as an empty choice that was filtered (Q66)", () => {
    const blocked = { promptFeedback: { blockReason: "SAFETY" }, usageMetadata: { promptTokenCount: 4 } };
    const expected = { index: 0, parts: [], finishReason: "content_filter", nativeFinishReason: "SAFETY" };
    expect(collect(decode(sse(blocked))).choices).toMatchObject([expected]);
    expect(collect(gemini.decodeReply(blocked, options)).choices).toMatchObject([expected]);
  });

  it("filters a choice that was begun before the prompt was blocked", () => {
    const reply = collect(
      decode(sse(candidate([{ text: "Well" }]), { promptFeedback: { blockReason: "PROHIBITED_CONTENT" } })),
    );
    expect(reply.choices[0]).toMatchObject({
      finishReason: "content_filter",
      nativeFinishReason: "PROHIBITED_CONTENT",
    });
  });

  it("takes the last usage, which is cumulative, and none from a chunk without counts (Q69)", () => {
    const events = decode(
      sse(
        { ...Object(candidate([{ text: "a" }])), usageMetadata: { trafficType: "ON_DEMAND" } },
        { ...Object(candidate([{ text: "b" }])), usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 1 } },
        {
          ...Object(candidate([{ text: "c" }], { finishReason: "STOP" })),
          usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 3, thoughtsTokenCount: 4, totalTokenCount: 12 },
        },
      ),
    );
    expect(events.filter((event) => event.type === "usage").length).toBe(2);
    expect(collect(events).usage).toEqual({ inputTokens: 5, outputTokens: 7, reasoningTokens: 4 });
  });

  it("turns byte offsets into UTF-16 offsets and lets the last grounding hold (T35)", () => {
    const grounding = (uri: string): object => ({
      groundingMetadata: {
        groundingChunks: [{ web: { uri, title: "T" } }],
        groundingSupports: [{ segment: { startIndex: 6, endIndex: 11, text: "😀b" }, groundingChunkIndices: [0, 7] }],
      },
    });
    const events = decode(
      sse(
        candidate([{ text: "hidden", thought: true }, { text: "aé" }], grounding("https://old")),
        candidate([{ text: "日😀b!" }], { ...grounding("https://new"), finishReason: "STOP" }),
      ),
    );
    const reply = collect(events);
    expect(reply.choices[0]?.citations).toEqual([
      { url: "https://new", title: "T", citedText: "😀b", start: 3, end: 6 },
    ]);
    expect(reply.text.slice(3, 6)).toBe("😀b");
    expect(events.findIndex((event) => event.type === "citation")).toBeLessThan(
      events.findIndex((event) => event.type === "reply-end"),
    );
  });

  it("cites sources without supports for the answer as a whole, and recited works", () => {
    const rest = {
      finishReason: "STOP",
      groundingMetadata: { groundingChunks: [{ retrievedContext: { title: "doc" } }] },
      citationMetadata: { citationSources: [{ startIndex: 0, endIndex: 2, uri: "https://b" }] },
    };
    expect(collect(decode(sse(candidate([{ text: "abc" }], rest)))).choices[0]?.citations).toEqual([
      { title: "doc" },
      { url: "https://b", start: 0, end: 2 },
    ]);
  });

  it("keeps parts of other kinds opaque", () => {
    const parts = [
      { executableCode: { language: "PYTHON", code: "1" }, thoughtSignature: "x" },
      { inlineData: { mimeType: "image/png", data: "AA==" } },
      { functionCall: { name: "f", willContinue: true } },
      { somethingNew: true },
    ];
    const opaque = decode(sse(candidate(parts, { finishReason: "STOP" }))).filter((event) => event.type === "opaque");
    expect(opaque.slice(0, -1).map(({ name, value }) => [name, value])).toEqual(
      parts.map((part) => [Object.keys(part)[0], part]),
    );
  });

  it("gives logprobs in the vocabulary's form", () => {
    const logprobsResult = {
      chosenCandidates: [{ token: "a", logProbability: -0.1 }],
      topCandidates: [
        {
          candidates: [
            { token: "a", logProbability: -0.1 },
            { token: "b", logProbability: -2 },
          ],
        },
      ],
    };
    const reply = collect(decode(sse(candidate([{ text: "a" }], { finishReason: "STOP", logprobsResult }))));
    expect(reply.choices[0]?.logprobs).toEqual([
      {
        token: "a",
        logprob: -0.1,
        bytes: null,
        top_logprobs: [
          { token: "a", logprob: -0.1, bytes: null },
          { token: "b", logprob: -2, bytes: null },
        ],
      },
    ]);
  });

  it("keeps what only this dialect knows of a candidate on its end", () => {
    const rest = { finishReason: "STOP", safetyRatings: [{ category: "X" }], finishMessage: "done" };
    expect(
      collect(decode(sse(candidate([{ text: "a" }], { avgLogprobs: -1 }), candidate([], rest)))).choices[0]?.extras,
    ).toEqual({
      avgLogprobs: -1,
      safetyRatings: [{ category: "X" }],
      finishMessage: "done",
    });
  });

  it("reports a stream that ends before a finish reason, or at once, as cut", () => {
    expect(codeOf(() => decode(sse(candidate([{ text: "a" }]))))).toBe("upstream_stream_truncated");
    expect(codeOf(() => decode(sse({ usageMetadata: { promptTokenCount: 1 } })))).toBe("upstream_stream_truncated");
    expect(codeOf(() => decode(""))).toBe("upstream_stream_truncated");
    const second = { candidates: [{ finishReason: "STOP" }, { index: 1, content: { parts: [{ text: "b" }] } }] };
    expect(codeOf(() => decode(sse(second)))).toBe("upstream_stream_truncated");
  });

  it("throws an error chunk as the provider's error, also inside an array", () => {
    const error = { error: { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" } };
    expect(codeOf(() => decode(sse(candidate([{ text: "a" }]), error)))).toBe("upstream_overloaded");
    expect(codeOf(() => decode(sse([error])))).toBe("upstream_overloaded");
    expect(codeOf(() => decode(sse({ error: { code: 400, status: "INVALID_ARGUMENT" } })))).toBe(
      "upstream_invalid_request",
    );
  });

  it.each([
    "{",
    "null",
    "7",
    "[]",
    '{"candidates":[{"index":-1}]}',
    '{"candidates":[{"index":"a"}]}',
    '{"candidates":[{"index":1e9}]}',
  ])("refuses a frame that is not a chunk: %s", (data) =>
    expect(codeOf(() => decode(`data: ${data}\n\n`))).toBe("upstream_stream_invalid"),
  );

  it("throws nothing but gateway errors, whatever the chunks hold", () => {
    const key = fc.constantFrom(
      "candidates",
      "content",
      "parts",
      "text",
      "functionCall",
      "name",
      "args",
      "finishReason",
      "index",
      "usageMetadata",
      "groundingMetadata",
      "groundingChunks",
      "groundingSupports",
      "segment",
      "error",
      "__proto__",
    );
    const chunk = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom(null, 0, -1, 1.5, "", "STOP", true),
        fc.array(tie("value"), { maxLength: 3 }),
        tie("object"),
      ),
      object: fc.array(fc.tuple(key, tie("value")), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
    }));
    fc.assert(
      fc.property(fc.array(chunk.object, { maxLength: 3 }), (chunks) => {
        expect(codeOf(() => decode(sse(...chunks)))).toBeTypeOf("string");
      }),
      { numRuns: 300 },
    );
  });

  it("comes to its end only once the frame with the finish reason is whole, wherever the bytes are cut", () => {
    const bytes = Buffer.from(sse(candidate([{ text: "é😀" }]), candidate([{ text: "!" }], { finishReason: "STOP" })));
    for (let cut = 0; cut < bytes.length - 4; cut++) {
      expect(
        codeOf(() => decode(bytes.subarray(0, cut))),
        `cut at ${cut}`,
      ).toMatch(/^upstream_stream_(truncated|invalid)$/);
    }
    expect(collect(decode(bytes)).text).toBe("é😀!");
  });
});

describe("decodeReply", () => {
  it("takes a whole answer with content as complete, though it does not say why it ended", () => {
    const body = { candidates: [{ content: { parts: [{ functionCall: { name: "f" } }] } }] };
    expect(collect(gemini.decodeReply(body, options)).choices[0]?.finishReason).toBe("tool_calls");
  });

  it("refuses what is not an answer", () => {
    expect(codeOf(() => gemini.decodeReply({}, options))).toBe("upstream_invalid_response");
    expect(codeOf(() => gemini.decodeReply({ candidates: [{}] }, options))).toBe("upstream_invalid_response");
    expect(codeOf(() => gemini.decodeReply({ candidates: [{ index: "x" }] }, options))).toBe(
      "upstream_invalid_response",
    );
    expect(codeOf(() => gemini.decodeReply({ error: { code: 429, status: "RESOURCE_EXHAUSTED" } }, options))).toBe(
      "upstream_rate_limited",
    );
  });
});
