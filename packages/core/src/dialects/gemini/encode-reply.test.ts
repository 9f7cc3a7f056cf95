import { describe, expect, it } from "vitest";
import { named, soundAnswers } from "../../../test/recordings/answers.ts";
import { decodeAnswer, decodeStream, fold } from "../../../test/recordings/decode.ts";
import { present } from "../../../test/recordings/fixtures.ts";
import type { CollectedReply } from "../../chat/collect.ts";
import type { ChatEvent } from "../../chat/event.ts";
import { GatewayError, UpstreamError } from "../../errors.ts";
import type { DecodeOptions, EncodeOptions, FrontDialect, Json } from "../dialect.ts";
import { arrayIn, isObject } from "../fields.ts";
import { gemini, geminiArray } from "./gemini.ts";

const body = {
  contents: [{ parts: [{ text: "Hi" }] }],
  generationConfig: { thinkingConfig: { includeThoughts: true } },
};
const request = gemini.decodeRequest(body, { model: "gemini/m", stream: true });
const options: EncodeOptions = { requestId: "req_1", created: 0, request };
const decodeOptions: DecodeOptions = { provider: "acme", model: "m", quirks: {}, request, requestId: "req_1" };

const whole = (events: readonly ChatEvent[]): Json => JSON.parse(gemini.encodeReply(fold(events), options));
const streamed = (events: readonly ChatEvent[], dialect: FrontDialect = gemini): string => {
  const encoder = dialect.createEncoder(options);
  const pieces = [...events.map((event) => encoder.encode([event])), encoder.end()];
  return pieces.map((piece) => Buffer.from(piece).toString()).join("");
};
const end = (more: object = {}): ChatEvent => ({ type: "reply-end", choice: 0, finishReason: "stop", ...more });
const text = (value: string): ChatEvent => ({ type: "text-delta", choice: 0, text: value });
const candidate = (reply: Json): Json => arrayIn(reply, "candidates").find(isObject) ?? {};

describe("an answer of another dialect", () => {
  it.each([
    ["stop", undefined, "STOP"],
    ["stop", "end_turn", "STOP"],
    ["tool_calls", "tool_calls", "STOP"],
    ["length", "max_tokens", "MAX_TOKENS"],
    ["content_filter", "refusal", "SAFETY"],
    ["content_filter", "RECITATION", "RECITATION"],
    ["error", undefined, "OTHER"],
    ["error", "MALFORMED_FUNCTION_CALL", "MALFORMED_FUNCTION_CALL"],
    ["length", "STOP", "MAX_TOKENS"],
  ] as const)("ends by %s (%s) in %s", (finishReason, nativeFinishReason, expected) => {
    const ended = end({ finishReason, ...(nativeFinishReason && { nativeFinishReason }) });
    expect(candidate(whole([text("a"), ended]))["finishReason"]).toBe(expected);
    expect(streamed([text("a"), ended])).toContain(`"finishReason":"${expected}"`);
  });

  it("counts thoughts beside the candidates", () => {
    const usage = { inputTokens: 9, outputTokens: 7, reasoningTokens: 3, cacheReadTokens: 4 };
    expect(whole([text("a"), end(), { type: "usage", usage }])["usageMetadata"]).toEqual({
      promptTokenCount: 9,
      cachedContentTokenCount: 4,
      candidatesTokenCount: 4,
      thoughtsTokenCount: 3,
      totalTokenCount: 16,
    });
  });

  it("says what it cites in bytes", () => {
    const citation = { url: "https://a.test", title: "A", start: 2, end: 4 };
    const events = [text("é "), text("ab"), { type: "citation" as const, choice: 0, citation }, end()];
    const expected = {
      groundingChunks: [{ web: { uri: "https://a.test", title: "A" } }],
      groundingSupports: [{ segment: { startIndex: 3, endIndex: 5, text: "ab" }, groundingChunkIndices: [0] }],
    };
    expect(candidate(whole(events))["groundingMetadata"]).toEqual(expected);
    expect(streamed(events)).toContain(JSON.stringify(expected));
  });

  it("tells a refusal as one", () => {
    const events: ChatEvent[] = [{ type: "refusal-delta", choice: 0, text: "No." }, end()];
    expect(whole(events)).toMatchObject({
      candidates: [{ content: { parts: [{ text: "No." }] }, finishReason: "SAFETY" }],
    });
    expect(streamed(events)).toContain('"finishReason":"SAFETY"');
  });

  it("brings logprobs", () => {
    const logprobs = [{ token: "a", logprob: -1, top_logprobs: [{ token: "b", logprob: -2 }] }];
    const events: ChatEvent[] = [{ type: "text-delta", choice: 0, text: "a", logprobs }, end()];
    const expected = {
      topCandidates: [{ candidates: [{ token: "b", logProbability: -2 }] }],
      chosenCandidates: [{ token: "a", logProbability: -1 }],
    };
    expect(candidate(whole(events))["logprobsResult"]).toEqual(expected);
    expect(streamed(events)).toContain(JSON.stringify(expected));
  });

  it("keeps an encrypted thought for its provider", () => {
    const encrypted = { format: "anthropic-claude-v1", value: "SECRET" };
    const reply = whole([{ type: "reasoning-delta", choice: 0, text: "", encrypted }, text("a"), end()]);
    const back = gemini.decodeRequest({ contents: [candidate(reply)["content"]] }, { model: "m", stream: false });
    expect(back.messages[0]?.parts[0]).toMatchObject({ type: "reasoning", text: "", encrypted });
  });

  it("leaves out half a call where the answer was cut, and is an error otherwise", () => {
    const call: ChatEvent[] = [
      { type: "tool-call-start", choice: 0, index: 0, id: "c", name: "f", kind: "function" },
      { type: "tool-call-delta", choice: 0, index: 0, arguments: '{"a"' },
      { type: "tool-call-end", choice: 0, index: 0 },
    ];
    for (const write of [whole, streamed]) {
      expect(JSON.stringify(write([...call, end({ finishReason: "length" })]))).not.toContain("functionCall");
      expect(() => write([...call, end({ finishReason: "tool_calls" })])).toThrow(UpstreamError);
    }
  });

  it("of several candidates tells each of them apart", () => {
    const reply = streamed(
      [text("a"), { type: "text-delta", choice: 1, text: "b" }, end(), end({ choice: 1 })],
      geminiArray,
    );
    const chunks = JSON.parse(reply) as Json[];
    expect(chunks.map((chunk) => arrayIn(chunk, "candidates").map((one) => (one as Json)["index"]))).toEqual([
      [0],
      [1],
      [0, 1],
    ]);
  });
});

describe("encodeError", () => {
  it("says what, why and when to ask again", () => {
    const error = new GatewayError("rate_limit_exceeded", "Slow down.", { retryAfterMs: 1_200, param: "contents" });
    const written: unknown = JSON.parse(gemini.encodeError(error, "req_1"));
    expect(written).toMatchObject({ error: { code: 429, message: "Slow down.", status: "RESOURCE_EXHAUSTED" } });
    expect(gemini.decodeError(written, {})).toEqual({
      message: "Slow down.",
      type: "RESOURCE_EXHAUSTED",
      code: "RATE_LIMIT_EXCEEDED",
      param: "contents",
      retryAfterMs: 2_000,
    });
  });
});

/** What an answer says to everybody: blocks may fall otherwise. */
const said = ({ choices, usage, id, model }: CollectedReply): unknown => ({
  id,
  model,
  usage,
  choices: choices.map(({ parts, citations, finishReason }) => ({
    finishReason,
    citations,
    text: parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
    thoughts: parts.map((part) => (part.type === "reasoning" ? part.text : "")).join(""),
    calls: parts.filter(({ type }) => type === "tool-call"),
    signatures: parts.flatMap((part) => ("signature" in part ? [part.signature] : [])),
  })),
});

describe.skipIf(!present)("recorded answers (skipped where the recordings are absent)", () => {
  it.each(named(soundAnswers(gemini.id)))("%s says the same when it is written anew", (_name, recording) => {
    const events = decodeAnswer(gemini, recording, decodeOptions);
    const reply = fold(events);
    const expected = said({ ...reply, model: reply.model ?? request.model, id: reply.id ?? "req_1" });
    const again = gemini.decodeReply(JSON.parse(gemini.encodeReply(reply, options)), decodeOptions);
    expect(said(fold(again))).toEqual(expected);
    const stream = decodeStream(gemini, "text/event-stream", Buffer.from(streamed(events)), decodeOptions);
    expect(said(fold(stream))).toEqual(expected);
    const chunks = JSON.parse(streamed(events, geminiArray)) as unknown[];
    expect(chunks.length).toBeGreaterThan(0);
  });
});
