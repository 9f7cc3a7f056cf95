import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collect } from "../../chat/collect.ts";
import type { ChatEvent } from "../../chat/event.ts";
import { withFrame } from "../../chat/frame.ts";
import { replyOf } from "../../chat/reply.ts";
import { createRecorder } from "./recorder.ts";

const record = (events: readonly ChatEvent[], maxLength = 10_000): readonly ChatEvent[] | undefined => {
  const recorder = createRecorder(maxLength);
  for (const event of events) recorder.push(event);
  return recorder.events();
};

const text = (piece: string, more: object = {}): ChatEvent => ({ type: "text-delta", choice: 0, text: piece, ...more });
const signature = { format: "f", value: "s" };

describe("createRecorder", () => {
  it("joins pieces of one text, reasoning, refusal and call", () => {
    const events: ChatEvent[] = [
      { type: "reasoning-delta", choice: 0, text: "hm" },
      { type: "reasoning-delta", choice: 0, text: "m" },
      text("Hel"),
      text("lo"),
      { type: "refusal-delta", choice: 0, text: "n" },
      { type: "refusal-delta", choice: 0, text: "o" },
      { type: "tool-call-start", choice: 0, index: 0, id: "1", name: "f", kind: "function" },
      { type: "tool-call-delta", choice: 0, index: 0, arguments: '{"a"' },
      { type: "tool-call-delta", choice: 0, index: 0, arguments: ":1}" },
    ];
    expect(record(events)).toEqual([
      { type: "reasoning-delta", choice: 0, text: "hmm" },
      text("Hello"),
      { type: "refusal-delta", choice: 0, text: "no" },
      events[6],
      { type: "tool-call-delta", choice: 0, index: 0, arguments: '{"a":1}' },
    ]);
  });

  it("keeps apart what is not one piece: choices, blocks, calls, probabilities, signatures, summaries", () => {
    const events: ChatEvent[] = [
      text("a"),
      { ...text("b"), choice: 1 } as ChatEvent,
      text("c", { block: 1 }),
      text("d", { block: 2 }),
      text("e", { block: 2, logprobs: [1] }),
      text("f", { block: 2, logprobs: [2] }),
      text("g", { block: 2, signature }),
      text("h", { block: 2 }),
      { type: "reasoning-delta", choice: 0, text: "a" },
      { type: "reasoning-delta", choice: 0, text: "", signature },
      { type: "reasoning-delta", choice: 0, text: "b" },
      { type: "reasoning-delta", choice: 0, text: "c", summary: true },
      { type: "reasoning-delta", choice: 0, text: "", encrypted: signature },
      { type: "reasoning-delta", choice: 0, text: "", encrypted: signature },
      { type: "reasoning-delta", choice: 0, text: "d", id: "1" },
      { type: "reasoning-delta", choice: 0, text: "e", id: "2" },
      { type: "refusal-delta", choice: 0, text: "a" },
      { type: "refusal-delta", choice: 1, text: "b" },
      { type: "tool-call-delta", choice: 0, index: 0, arguments: "a" },
      { type: "tool-call-delta", choice: 0, index: 1, arguments: "b" },
      { type: "tool-call-delta", choice: 1, index: 1, arguments: "c" },
    ];
    expect(record(events)).toEqual(events);
  });

  it("leaves wire frames out, and the events it was shown as they are", () => {
    const [a, b] = ["a", "b"].flatMap((piece) => withFrame("d", "stream", { raw: `raw ${piece}` }, [text(piece)]));
    expect(record([a, b].filter((event) => event !== undefined))).toEqual([text("ab")]);
    expect(a).toMatchObject({ text: "a", frame: { bytes: { raw: "raw a" } } });
    expect(b).toMatchObject({ text: "b", frame: { bytes: { raw: "raw b" } } });
  });

  it("lets go of an answer that grows too long, in one piece or in many", () => {
    expect(record([text("x".repeat(200))], 100)).toBeUndefined();
    expect(
      record(
        Array.from({ length: 200 }, () => text("x")),
        100,
      ),
    ).toBeUndefined();
    expect(
      record(
        Array.from({ length: 20 }, () => text("x")),
        100,
      ),
    ).toHaveLength(1);
  });

  it("lets go of an answer that has no JSON, without a word to the stream", () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    expect(record([text("a"), { type: "opaque", dialect: "d", name: "n", value: loop }])).toBeUndefined();
    expect(record([text("a"), { type: "opaque", dialect: "d", name: "n", value: 1n }, text("b")])).toBeUndefined();
  });

  it("changes nothing in what the answer says, whatever its events", async () => {
    const choice = fc.nat(1);
    const block = fc.option(fc.nat(2), { nil: undefined });
    const maybe = <T>(name: string, value: fc.Arbitrary<T>) =>
      fc.option(value, { nil: undefined }).map((given) => (given === undefined ? {} : { [name]: given }));
    const delta = fc
      .tuple(
        fc.constantFrom("text-delta" as const, "reasoning-delta" as const),
        choice,
        fc.string({ maxLength: 3 }),
        maybe("block", block),
        maybe("signature", fc.constant(signature)),
      )
      .map(([type, at, piece, ...rest]) => Object.assign({ type, choice: at, text: piece }, ...rest) as ChatEvent);
    const call = fc
      .tuple(choice, fc.nat(1), fc.string({ maxLength: 3 }))
      .map(([at, index, piece]): ChatEvent => ({ type: "tool-call-delta", choice: at, index, arguments: piece }));
    const starts = [0, 1].flatMap((at) =>
      [0, 1].map((index): ChatEvent => ({
        type: "tool-call-start",
        choice: at,
        index,
        id: `${at}${index}`,
        name: "f",
        kind: "function",
      })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(delta, call), { maxLength: 30 }), async (deltas) => {
        const events = [...starts, ...deltas];
        const recorded = record(events) ?? [];
        expect(await collect(replyOf([recorded]))).toEqual(await collect(replyOf([events])));
      }),
      { numRuns: 200 },
    );
  });
});
