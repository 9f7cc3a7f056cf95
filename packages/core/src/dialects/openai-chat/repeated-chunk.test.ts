import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answers, named } from "../../../test/recordings/answers.ts";
import { present } from "../../../test/recordings/fixtures.ts";
import type { ChatEvent } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { StreamFrame } from "../../transport/frame.ts";
import { createSseParser } from "../../transport/sse.ts";
import { createRepeatedChunks } from "./repeated-chunk.ts";
import { createDecoder } from "./stream-decoder.ts";

const request: ChatRequest = { dialect: "openai-chat", model: "m", stream: true, messages: [] };

/** What a stream says, and where it breaks. Chunks of an event with a name of its own are always parsed. */
const outcome = (frames: readonly StreamFrame[], parsed: boolean): readonly unknown[] => {
  const decoder = createDecoder({ provider: "p", model: "m", quirks: {}, request, requestId: "r" });
  const events: ChatEvent[] = [];
  try {
    for (const frame of frames) {
      const { data, event, raw } = frame;
      events.push(...decoder.decode(parsed && event === undefined ? { data, event: "chunk", raw } : frame));
    }
  } catch (error) {
    return [...events, String(error)];
  }
  return events;
};

const chunkOf = (text: string, pad: string | undefined, field: string, index = 0): string =>
  JSON.stringify({
    id: "c",
    choices: [{ index, delta: { [field]: text }, finish_reason: null }],
    ...(pad === undefined ? {} : { obfuscation: pad }),
  });
const frameOf = (data: string): StreamFrame => ({ data, raw: `data: ${data}\n\n` });
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "",
    " a",
    '"',
    "\\",
    '\\"',
    "\n",
    "\u0000",
    "\u2028",
    "é👋",
    '"},"x":"',
    "\u2402llm-gateway\u2403",
    "\ud800",
  ),
);

describe("createRepeatedChunks", () => {
  const learnt = (first: string) => {
    const chunks = createRepeatedChunks();
    chunks.learn(first, JSON.parse(first), [{ type: "text-delta", choice: 0, text: "a" }]);
    return chunks;
  };

  it("reads the next chunk of a kind without parsing it", () => {
    expect(learnt(chunkOf("a", undefined, "content")).read(chunkOf("bc", undefined, "content"))).toEqual({
      type: "text-delta",
      choice: 0,
      text: "bc",
    });
    expect(learnt(chunkOf("a", "xx", "content")).read(chunkOf("bc", "yyyy", "content"))).toMatchObject({ text: "bc" });
    const spaced = '{"choices": [{"index": 0, "delta": {"content": "a"}}], "p": "abc"}';
    expect(learnt(spaced).read(spaced.replace('"a"', '"b"').replace("abc", "x"))).toMatchObject({ text: "b" });
  });

  it.each([
    ["an escaped word", chunkOf("a", "x", "content"), chunkOf('"', "x", "content")],
    ["an escaped padding", chunkOf("a", "x", "content"), chunkOf("a", "\n", "content")],
    ["no word", chunkOf("a", "x", "content"), chunkOf("", "x", "content")],
    ["another choice", chunkOf("a", "x", "content"), chunkOf("a", "x", "content", 1)],
    ["another field", chunkOf("a", "x", "content"), chunkOf("a", "x", "refusal")],
    ["a shorter chunk", chunkOf("a", "x", "content"), '{"id":"c"}'],
    ["the end of the mark", chunkOf("a", undefined, "content"), "[DONE]"],
  ])("leaves %s to the parser", (_, first, second) => {
    expect(learnt(first).read(second)).toBeUndefined();
  });

  it("does not take another field of the same name and text for the delta's", () => {
    const first = '{"choices":[{"index":0,"message":{"content":"a"},"delta":{"content":"a"}}]}';
    expect(learnt(first).read(first.replace('"message":{"content":"a"}', '"message":{"content":"b"}'))).toBeUndefined();
    const doubled = '{"choices":[{"index":0,"delta":{"content":"a","content":"a"}}]}';
    expect(learnt(doubled).read(doubled.replace('"content":"a"', '"content":"b"'))).toBeUndefined();
  });

  it("gives the events that parsing gives, for any texts", () => {
    const chunk = fc.tuple(
      text,
      fc.option(text, { nil: undefined }),
      fc.constantFrom("content", "reasoning", "reasoning_content"),
      fc.constantFrom(0, 0, 0, 1),
    );
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 12 }), fc.boolean(), (chunks, constant) => {
        const [, pad, field, index] = chunks[0] ?? ["", undefined, "content", 0];
        const frames = chunks.map(([word, otherPad, otherField, otherIndex]) =>
          frameOf(constant ? chunkOf(word, pad, field, index) : chunkOf(word, otherPad, otherField, otherIndex)),
        );
        expect(outcome(frames, false)).toEqual(outcome(frames, true));
      }),
      { numRuns: 500 },
    );
  });

  const streams = answers.filter(({ dialect, isStream }) => dialect === "openai-chat" && isStream);

  describe.skipIf(!present)("on recorded streams (skipped where the recordings are absent)", () => {
    it.each(named(streams))("gives the events that parsing gives: %s", (_name, { body }) => {
      const parser = createSseParser();
      const frames = [...parser.push(body), ...parser.end()];
      expect(outcome(frames, false)).toEqual(outcome(frames, true));
    });
  });
});
