import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { collect } from "../../chat/collect.ts";
import type { ChatEvent, EventBatch } from "../../chat/event.ts";
import { replyOf, type Reply } from "../../chat/reply.ts";
import { testContext } from "../../testing/test-context.ts";
import { translateStream, type TranslateStreamOptions } from "./translate-stream.ts";

const start: ChatEvent = { type: "reply-start", id: "1" };
const end: ChatEvent = { type: "reply-end", choice: 0, finishReason: "stop" };
const text = (value: string): ChatEvent => ({ type: "text-delta", choice: 0, text: value });

const run = (batches: readonly EventBatch[], options: TranslateStreamOptions = {}): Promise<Reply> =>
  translateStream(options).run(testContext(), () => Promise.resolve(replyOf(batches)));

const read = async (reply: Reply): Promise<EventBatch[]> => {
  const batches: EventBatch[] = [];
  for await (const batch of reply.batches) batches.push(batch);
  return batches;
};

describe("translateStream", () => {
  test("hands on the very batches of a stream that is well-formed", async () => {
    const batches = [
      [start, text("a")],
      [text("b"), end],
    ];
    const passed = await read(await run(batches));
    expect(passed[0]).toBe(batches[0]);
    expect(passed[1]).toBe(batches[1]);
  });

  test("a stream that stops without an end is an error, never a proper end", async () => {
    const reply = await run([[start, text("a")]]);
    await expect(read(reply)).rejects.toMatchObject({ code: "upstream_stream_truncated" });
  });

  test("one choice that never ends makes the whole reply an error", async () => {
    const reply = await run([[start, text("a"), { type: "text-delta", choice: 1, text: "b" }, end]]);
    await expect(read(reply)).rejects.toMatchObject({ code: "upstream_stream_truncated" });
  });

  test("an answer with nothing in it is an error", async () => {
    await expect(read(await run([[start]]))).rejects.toMatchObject({ code: "upstream_invalid_response" });
  });

  test("drops whatever comes after a choice's end, a second end first of all", async () => {
    const events = (await read(await run([[start, text("a"), end, end, text("late")]]))).flat();
    expect(events).toEqual([start, text("a"), end]);
  });

  test("begins every reply with one start", async () => {
    const events = (await read(await run([[text("a"), start, end]]))).flat();
    expect(events.map(({ type }) => type)).toEqual(["reply-start", "text-delta", "reply-end"]);
  });

  test("ends tool calls that are still open before their choice ends", async () => {
    const call: ChatEvent = { type: "tool-call-start", choice: 0, index: 0, id: "c", name: "f", kind: "function" };
    const events = (await read(await run([[start, call, end]]))).flat();
    expect(events.map(({ type }) => type)).toEqual(["reply-start", "tool-call-start", "tool-call-end", "reply-end"]);
  });

  test("refuses arguments of a tool call that never began", async () => {
    const reply = await run([[start, { type: "tool-call-delta", choice: 0, index: 3, arguments: "{}" }]]);
    await expect(read(reply)).rejects.toMatchObject({ code: "upstream_stream_invalid" });
  });

  test("refuses options that are not its own", () => {
    expect(() => translateStream({ thinkTag: true } as TranslateStreamOptions)).toThrow(
      "translateStream() has no option `thinkTag`",
    );
  });
});

describe("think tags", () => {
  const fold = async (pieces: readonly string[]): Promise<{ readonly reasoning: string; readonly text: string }> => {
    const batches = [[start], ...pieces.map((piece) => [text(piece)]), [end]];
    const collected = await collect(await run(batches, { thinkTags: true }));
    const parts = collected.choices[0]?.parts ?? [];
    const reasoning = parts.flatMap((part) => (part.type === "reasoning" ? [part.text] : [])).join("");
    return { reasoning, text: collected.text };
  };

  test("at the start of an answer become reasoning", async () => {
    expect(await fold(["<think>\nHm.</think>\n\nYes."])).toEqual({ reasoning: "Hm.", text: "Yes." });
  });

  test("later in an answer are text", async () => {
    expect(await fold(["Say <think>x</think>"])).toEqual({ reasoning: "", text: "Say <think>x</think>" });
  });

  test("that never close leave all of it reasoning", async () => {
    expect(await fold(["<think>Hm", "m</thi"])).toEqual({ reasoning: "Hmm</thi", text: "" });
  });

  test("that only begin like one are text", async () => {
    expect(await fold(["<thi", "rd>"])).toEqual({ reasoning: "", text: "<third>" });
    expect(await fold(["<thi"])).toEqual({ reasoning: "", text: "<thi" });
  });

  test("mean the same however the text is cut", async () => {
    const whole = "<think>One < two, and </thin is not the end.</think>\n\nAnswer with </think> in it.";
    const expected = await fold([whole]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: whole.length - 1 }), { maxLength: 12 }), async (cuts) => {
        const places = [0, ...new Set(cuts.toSorted((a, b) => a - b)), whole.length];
        const pieces = places.slice(1).map((place, index) => whole.slice(places[index], place));
        expect(await fold(pieces)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});
