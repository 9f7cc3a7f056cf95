import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runs } from "../../test/properties/runs.ts";
import { decodeOptions } from "../../test/recordings/decode.ts";
import { answers, named } from "../../test/recordings/answers.ts";
import { present } from "../../test/recordings/fixtures.ts";
import { Chunk } from "../chat/chunk.ts";
import type { ChatEvent } from "../chat/event.ts";
import { FrameRun } from "../chat/frame.ts";
import { createSseParser } from "../transport/sse.ts";
import { anthropicMessages } from "./anthropic-messages/anthropic-messages.ts";
import type { BackDialect } from "./dialect.ts";
import { openaiChat } from "./openai-chat/openai-chat.ts";
import type { Lesson } from "./frame-shape.ts";
import { RepeatedFrames } from "./repeated-frames.ts";

/** What a repeated frame says, and the bytes it came from. */
interface Read {
  readonly words: readonly string[];
  readonly rest: string;
}

const eventOf: Lesson["eventOf"] = (text, frame) => ({ type: "text-delta", choice: 0, text, frame });

const textsOf = (events: readonly ChatEvent[]): string[] =>
  events.flatMap((event) => (event.type === "text-delta" ? [event.text] : []));

/** What is read of a text by who has learnt from a frame whose word is `Hello`. */
const readAfter = (data: string, more: Partial<Lesson>, text: string): Read => {
  const repeated = new RepeatedFrames();
  repeated.learn({ data, raw: `data: ${data}\n\n`, field: "content", word: "Hello", eventOf, ...more });
  const chunk = new Chunk(Buffer.from(text));
  const run = new FrameRun("d", chunk, 0);
  const end = repeated.read(run);
  return { words: textsOf(run.events), rest: chunk.text(end, chunk.bytes.length) };
};

const chunk = (content: string, padding = "xx"): string => `{"delta":{"content":"${content}"},"pad":"${padding}"}`;
const frame = (...data: readonly string[]): string => data.map((each) => `data: ${each}\n\n`).join("");

describe("RepeatedFrames", () => {
  const padded = { padding: "pad" };
  const readPadded = (text: string): Read => readAfter(chunk("Hello"), padded, text);

  it("reads the frames that differ in word and padding, up to the first that differs in more", () => {
    const other = frame('{"delta":{},"pad":""}');
    expect(readPadded(frame(chunk("a"), chunk(" bc", "yyyyy"), chunk("d", "")) + other)).toEqual({
      words: ["a", " bc", "d"],
      rest: other,
    });
    expect(readPadded(other).words).toEqual([]);
  });

  it("reads words with escapes, and words beyond ASCII", () => {
    const words = ["é👋", 'a"b\\\n', "\u2028", "\ud800"];
    const escaped = words.map((word) => chunk(JSON.stringify(word).slice(1, -1)));
    expect(readPadded(frame(...escaped))).toEqual({ words, rest: "" });
  });

  it("takes spaces before the last brace for padding", () => {
    const data = (word: string, spaces = ""): string => `{"delta":{"content":"${word}"}${spaces}}`;
    for (const first of [data("Hello"), data("Hello", "  ")]) {
      expect(readAfter(first, {}, frame(data("a", "     "), data("b")))).toEqual({ words: ["a", "b"], rest: "" });
    }
  });

  it("reads a frame of several lines", () => {
    const raw = (word: string): string => `: é\nevent: e\ndata: ${chunk(word)}\n\n`;
    expect(readAfter(chunk("Hello"), { ...padded, raw: raw("Hello") }, raw("a") + raw("b")).words).toEqual(["a", "b"]);
  });

  it.each([
    ["no word", chunk("")],
    ["a word that is no JSON", chunk("\\x")],
    ["a raw control character", chunk("a\tb")],
    ["a padding with an escape", chunk("a", "\\n")],
    ["a raw control character in its padding", chunk("a", "\t")],
    ["another field", chunk("a").replace("content", "refusal")],
    ["more fields", chunk("a").replace('"}', '","more":1}')],
    ["a cut end", chunk("a").slice(0, -1)],
    ["no end at all", chunk("a").slice(0, -4)],
    ["more after the end", `${chunk("a")}1`],
  ])("leaves to the parser what has %s", (_, data) => {
    expect(readPadded(frame(data))).toEqual({ words: [], rest: frame(data) });
  });

  it("leaves to the parser a frame whose end has not come", () => {
    const whole = frame(chunk("abc"));
    for (let length = 0; length < whole.length; length++) expect(readPadded(whole.slice(0, length)).words).toEqual([]);
    expect(readPadded(frame(chunk("a")) + whole.slice(0, 9))).toEqual({ words: ["a"], rest: whole.slice(0, 9) });
  });

  it.each([
    ["the field's name stands there twice", '{"message":{"content":"Hello"},"delta":{"content":"Hello"}}'],
    ["the name is another field's text", '{"type":"content","delta":{"content":"Hello"}}'],
    ["the field comes twice", '{"delta":{"content":"Hello","content":"Hello"}}'],
    ["something is escaped", '{"\\u0063ontent":"x","delta":{"content":"Hello"}}'],
    ["the word stands in another field", '{"delta":{"content":"Hell","text":"Hello"}}'],
    ["the field holds no text", '{"delta":{"content":["Hello"]}}'],
  ])("learns nothing where %s", (_, data) => {
    expect(readAfter(data, {}, frame(data)).words).toEqual([]);
  });

  it.each([
    ["stands in a comment as well", `: ${chunk("Hello")}\ndata: ${chunk("Hello")}\n\n`],
    ["has no blank line behind it", `data: ${chunk("Hello")}\n`],
  ])("learns nothing from data that %s", (_, raw) => {
    expect(readAfter(chunk("Hello"), { ...padded, raw }, raw).words).toEqual([]);
  });

  it("takes nothing for the same that only looks so as a number", () => {
    const raw = (bytes: string): string => `: ${bytes}\ndata: ${chunk("Hello")}\n\n`;
    const zeros = "\0".repeat(22);
    expect(readAfter(chunk("Hello"), { ...padded, raw: raw(zeros) }, raw(zeros)).words).toEqual([]);
  });
});

/** The events of a stream that comes in these chunks, whether each may pass as it came, and how it breaks. */
const outcome = (
  dialect: BackDialect,
  chunks: readonly Uint8Array[],
  hasRuns: boolean,
  options = decodeOptions(),
): readonly unknown[] => {
  const decoder = dialect.createDecoder(options);
  const parser = createSseParser();
  const told: unknown[] = [];
  const tell = (events: readonly ChatEvent[], passes: boolean): void => {
    for (const { frame: _frame, ...event } of events) told.push({ event, passes });
  };
  const sink = {
    take: (each: Parameters<typeof decoder.decode>[0]) => {
      if (!decoder.ended()) tell(decoder.decode(each), decoder.broken?.() !== true);
    },
    ...(hasRuns
      ? {
          takeRun: (read: Chunk, start: number) => {
            if (decoder.readRun === undefined || decoder.ended()) return start;
            const run = new FrameRun(dialect.id, read, start);
            const end = decoder.readRun(run);
            tell(run.events, true);
            return end;
          },
        }
      : {}),
  };
  try {
    for (const bytes of chunks) parser.push(bytes, sink);
    parser.end(sink);
    return [...told, ...decoder.end()];
  } catch (error) {
    return [...told, String(error)];
  }
};

const cut = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = sizes[chunks.length % sizes.length] ?? bytes.length;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
};

const word = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", " a", '"', "\\", '\\"', "\n", "\u0000", "\u2028", "é👋", '"},"x":"', "\ud800"),
);
const isSpoilt = fc.constantFrom(false, false, false, false, true);

const chatFrame = fc
  .tuple(word, fc.option(word), fc.constantFrom("content", "reasoning", "reasoning_content"), fc.constantFrom(0, 0, 1))
  .map(([text, obfuscation, field, index]) => ({
    id: "c",
    choices: [{ index, delta: { [field]: text }, finish_reason: null }],
    ...(obfuscation === null ? {} : { obfuscation }),
  }));
const anthropicFrame = fc
  .tuple(word, fc.constantFrom(0, 0, 0, 1), fc.constantFrom("text", "text", "thinking"))
  .map(([text, index, field]) => ({
    type: "content_block_delta",
    index,
    delta: { type: `${field}_delta`, [field]: text },
  }));

describe.each([
  ["openai-chat", openaiChat, chatFrame, (data: string) => `data: ${data}\n\n`],
  [
    "anthropic-messages",
    anthropicMessages,
    anthropicFrame,
    (data: string) => `event: content_block_delta\ndata: ${data}\n\n`,
  ],
] as const)("runs of %s", (_id, dialect, frames, toFrame) => {
  it("give the events that parsing gives, for any texts, padding and reads", () => {
    const each = fc.tuple(frames as fc.Arbitrary<object>, fc.nat(3), isSpoilt).map(([value, spaces, spoilt]) => {
      const data = JSON.stringify(value).slice(0, -1) + " ".repeat(spaces) + "}";
      return toFrame(spoilt ? data.replace("a", "\t") : data);
    });
    // The same frame over and over, or another each time.
    const stream = fc.oneof(
      fc.array(each, { maxLength: 12 }),
      fc.tuple(each, fc.nat(9)).map(([one, count]) => Array<string>(count).fill(one)),
    );
    fc.assert(
      fc.property(
        stream,
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 }),
        (pieces, sizes) => {
          const bytes = Buffer.from(pieces.join(""));
          const parsed = outcome(dialect, [bytes], false);
          expect(outcome(dialect, [bytes], true)).toEqual(parsed);
          expect(outcome(dialect, cut(bytes, sizes), true)).toEqual(parsed);
        },
      ),
      runs(500),
    );
  });

  const streams = answers.filter((answer) => answer.dialect === dialect.id && answer.isStream);

  describe.skipIf(!present)("on recorded streams (skipped where the recordings are absent)", () => {
    it.each(named(streams))("give the events that parsing gives: %s", (_name, { body }) => {
      const parsed = outcome(dialect, [body], false);
      expect(outcome(dialect, [body], true)).toEqual(parsed);
      expect(outcome(dialect, cut(body, [97, 1000]), true)).toEqual(parsed);
    });
  });
});

describe("streams of one target, of which the first teach the next", () => {
  const choiceFields = fc.constantFrom(
    {},
    {},
    { finish_reason: null },
    { finish_reason: "" },
    { finish_reason: "stop" },
  );
  const chunkFields = fc.constantFrom({}, {}, { obfuscation: "xy" }, { citations: ["https://a.example"] });
  const deltaOf = fc.constantFrom<(text: string) => object>(
    (content) => ({ content }),
    (content) => ({ role: "assistant", content }),
    (reasoning) => ({ reasoning }),
    (content) => ({ content, tool_calls: [] }),
  );
  const form = fc.record({ index: fc.constantFrom(0, 0, 0, 1), choiceFields, chunkFields, deltaOf });

  const stream = fc.record({
    id: fc.constantFrom("a", "bc", "é", "\n", ""),
    created: fc.constantFrom(1, 2_000_000_000, 0),
    opens: fc.constantFrom(true, true, true, false),
    frames: fc.array(fc.tuple(fc.oneof(fc.constantFrom("a", "bc"), word), fc.option(form, { freq: 2 })), {
      maxLength: 5,
    }),
    isDone: fc.boolean(),
    missing: fc.oneof(fc.constantFrom(0, 0, 1, 2), fc.nat(40)),
  });

  /** Streams with names of their own, most of whose frames have one form; some end too early. */
  const streams = fc.tuple(form, fc.array(stream, { minLength: 2, maxLength: 4 })).map(([usual, each]) =>
    each.map(({ id, created, opens, frames, isDone, missing }) => {
      const head = { id, object: "chat.completion.chunk", created };
      const opening = { ...head, choices: [{ index: 0, delta: { role: "assistant", content: "" } }] };
      const rest = frames.map(([text, other], at) => {
        const { index, deltaOf: toDelta, ...fields } = (at % 3 === 2 ? other : null) ?? usual;
        return { ...head, choices: [{ index, delta: toDelta(text), ...fields.choiceFields }], ...fields.chunkFields };
      });
      const data = [...(opens ? [opening] : []), ...rest].map((value) => JSON.stringify(value));
      const whole = Buffer.from(frame(...data, ...(isDone ? ["[DONE]"] : [])));
      return whole.subarray(0, Math.max(0, whole.length - missing));
    }),
  );

  it("gives the events that parsing gives", () => {
    fc.assert(
      fc.property(streams, (each) => {
        const quirks = { doneMarker: "optional" } as const;
        const told = (bytes: Buffer, hasRuns: boolean, own: object): readonly unknown[] =>
          outcome(openaiChat, [bytes], hasRuns, { ...decodeOptions(), quirks: own });
        for (const bytes of each) expect(told(bytes, true, quirks)).toEqual(told(bytes, false, { ...quirks }));
      }),
      runs(500),
    );
  });

  it("is not parsed from its first text on", () => {
    const options = decodeOptions();
    const bytes = (id: string, created: number): Buffer => {
      const chunkOf = (delta: object): string => JSON.stringify({ id, created, choices: [{ index: 0, delta }] });
      return Buffer.from(
        frame(chunkOf({ role: "assistant" }), chunkOf({ content: "Hel" }), chunkOf({ content: "lo" })),
      );
    };
    const parsed = (id: string, created: number): number => {
      const decoder = openaiChat.createDecoder(options);
      let count = 0;
      createSseParser().push(bytes(id, created), {
        take: (each) => void (decoder.decode(each), count++),
        takeRun: (read, start) => decoder.readRun?.(new FrameRun("openai-chat", read, start)) ?? start,
      });
      return count;
    };
    expect([parsed("a", 1_700_000_000), parsed("bcd", 1_800_000_000), parsed("e", 5)]).toEqual([2, 1, 1]);
    // Forms stay with their target.
    expect(outcome(openaiChat, [bytes("f", 7)], true)).toEqual(outcome(openaiChat, [bytes("f", 7)], false));
  });

  it.each([
    ["a name with an escape", String.raw`{"id":"\u0061","created":1,"choices":[{"index":0,"delta":{"content":"x"}}]}`],
    ["a time that is no number", '{"id":"a","created":01,"choices":[{"index":0,"delta":{"content":"x"}}]}'],
    ["no time", '{"id":"a","created":,"choices":[{"index":0,"delta":{"content":"x"}}]}'],
    ["another model", '{"id":"a","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"x"}}]}'],
  ])("leaves to the parser what has %s", (_, data) => {
    const options = decodeOptions();
    const opening = '{"id":"a","created":1,"choices":[{"index":0,"delta":{"role":"assistant"}}]}';
    const known = '{"id":"a","created":1,"choices":[{"index":0,"delta":{"content":"Hello"}}]}';
    outcome(openaiChat, [Buffer.from(frame(opening, known))], true, options);
    const bytes = Buffer.from(frame(opening, data));
    expect(outcome(openaiChat, [bytes], true, options)).toEqual(outcome(openaiChat, [bytes], false));
  });
});
