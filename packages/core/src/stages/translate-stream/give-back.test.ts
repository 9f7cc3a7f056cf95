import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChatEvent } from "../../chat/event.ts";
import type { Message, Part, ReasoningPart, Signature } from "../../chat/message.ts";
import { bareCalls, giveBack } from "./give-back.ts";
import { createTurnReader, type CallReasoning } from "./turn-reader.ts";

const proof = (value: string): Signature => ({ format: "google-gemini-v1", value });

/** The events of a turn, its reasoning cut in two. */
const eventsOf = (parts: readonly Part[]): ChatEvent[] => {
  let calls = 0;
  const events = parts.flatMap((part, block): ChatEvent[] => {
    switch (part.type) {
      case "reasoning": {
        const { type: _type, text, ...rest } = part;
        const piece = { type: "reasoning-delta", choice: 0, block } as const;
        return [
          { ...piece, text: text.slice(0, 1) },
          { ...piece, ...rest, text: text.slice(1) },
        ];
      }
      case "text":
        return [{ type: "text-delta", choice: 0, text: part.text, block }];
      case "tool-call": {
        const { type: _type, arguments: _arguments, ...rest } = part;
        return [{ ...rest, type: "tool-call-start", choice: 0, index: calls++ }];
      }
      default:
        return [];
    }
  });
  return [...events, { type: "reply-end", choice: 0, finishReason: "tool_calls" }];
};

const keptOf = (parts: readonly Part[], maxLength = 1_000): ReadonlyMap<string, CallReasoning> => {
  const kept: CallReasoning[] = [];
  const reader = createTurnReader(maxLength, (calls) => kept.push(...calls));
  eventsOf(parts).forEach(reader.see);
  return new Map(kept.map((call) => [call.id, call]));
};

/** What is left of a turn that went through a library that knows of text and calls. */
const bare = (parts: readonly Part[]): Message => ({
  role: "assistant",
  parts: parts.flatMap((part): Part[] => {
    if (part.type === "reasoning") return [];
    if (part.type !== "tool-call") return [part];
    const { signature: _signature, ...rest } = part;
    return [rest];
  }),
});

const reasoning: fc.Arbitrary<ReasoningPart> = fc
  .record({ text: fc.constantFrom("", "a", "think"), proof: fc.constantFrom("none", "signature", "encrypted") })
  .map(({ text, proof: kind }) => ({
    type: "reasoning",
    text,
    ...(kind === "none" ? {} : { [kind]: proof(`${text}!`) }),
  }));

const turns = fc
  .array(fc.oneof(reasoning, fc.constantFrom("call" as const, "signed call" as const)), { maxLength: 6 })
  .chain((list) => fc.tuple(fc.constant(list), fc.nat(list.length)))
  .map(([list, at]): Part[] => {
    const parts = list.map((part, index): Part => {
      if (typeof part === "object") return part;
      const call = { type: "tool-call", kind: "function", id: `c${index}`, name: "f", arguments: "{}" } as const;
      return part === "call" ? call : { ...call, signature: proof(call.id) };
    });
    // A flat message has one text.
    return parts.toSpliced(at, 0, { type: "text", text: "Hi" });
  });

describe("giveBack", () => {
  it("makes of a turn that lost its reasoning the one that the model made", () => {
    fc.assert(
      fc.property(turns, (parts) => {
        const message = bare(parts);
        const given = giveBack(message, keptOf(parts));
        const hasCall = parts.some(({ type }) => type === "tool-call");
        expect(given.parts).toEqual(hasCall ? parts : message.parts);
      }),
    );
  });

  it("leaves a turn alone whose client keeps what it is given", () => {
    const isProven = (part: Part): boolean => "signature" in part || "encrypted" in part;
    fc.assert(
      fc.property(
        turns.filter((parts) => parts.some(isProven)),
        (parts) => {
          const message: Message = { role: "assistant", parts };
          expect(giveBack(message, keptOf(parts))).toBe(message);
        },
      ),
    );
  });

  const call = { type: "tool-call", kind: "function", id: "c", name: "f", arguments: "{}" } as const;
  const signed: ReasoningPart = { type: "reasoning", text: "think", signature: proof("s") };
  const plain: ReasoningPart = { type: "reasoning", text: "think" };

  it("puts the proven reasoning in place of what a client kept as text, and leaves that where nothing is proven", () => {
    const message: Message = { role: "assistant", parts: [plain, call] };
    expect(giveBack(message, keptOf([signed, call])).parts).toEqual([signed, call]);
    expect(giveBack(message, keptOf([plain, call])).parts).toEqual([plain, call]);
    const both = keptOf([plain, { ...call, signature: proof("c") }]);
    expect(giveBack(message, both).parts).toEqual([plain, { ...call, signature: proof("c") }]);
  });

  it("gives what stood before a call to that call alone, where the client left out another", () => {
    const second = { ...call, id: "d" };
    const kept = keptOf([call, signed, second]);
    expect(giveBack({ role: "assistant", parts: [second] }, kept).parts).toEqual([signed, second]);
    expect(giveBack({ role: "assistant", parts: [call] }, kept).parts).toEqual([call]);
  });

  it("is about turns of the model only", () => {
    expect(bareCalls({ role: "user", parts: [call] })).toEqual([]);
    expect(giveBack({ role: "user", parts: [call] }, keptOf([signed, call])).parts).toEqual([call]);
  });
});

describe("createTurnReader", () => {
  const call = { type: "tool-call", kind: "function", id: "c", name: "f", arguments: "{}" } as const;

  it("keeps nothing of an answer without calls, without reasoning, without an end, or that is too long", () => {
    const signed: ReasoningPart = { type: "reasoning", text: "think", signature: proof("s") };
    expect(keptOf([signed]).size).toBe(0);
    expect(keptOf([call]).size).toBe(0);
    expect(keptOf([signed, call], 5).size).toBe(0);
    const kept: unknown[] = [];
    const reader = createTurnReader(100, (calls) => kept.push(calls));
    eventsOf([signed, call]).slice(0, -1).forEach(reader.see);
    expect(kept).toEqual([]);
  });

  it("keeps choices apart, and joins a signature that comes in pieces", () => {
    const kept: CallReasoning[] = [];
    const reader = createTurnReader(100, (calls) => kept.push(...calls));
    const events: ChatEvent[] = [
      { type: "reasoning-delta", choice: 0, block: 0, text: "a" },
      { type: "reasoning-delta", choice: 1, block: 0, text: "b" },
      { type: "reasoning-delta", choice: 0, block: 0, text: "", signature: proof("s") },
      { type: "reasoning-delta", choice: 0, block: 0, text: "", signature: proof("t") },
      { type: "tool-call-start", choice: 0, index: 0, id: "x", name: "f", kind: "function" },
      { type: "tool-call-start", choice: 1, index: 0, id: "y", name: "f", kind: "function" },
      { type: "reply-end", choice: 0, finishReason: "tool_calls" },
      { type: "reply-end", choice: 1, finishReason: "tool_calls" },
    ];
    events.forEach(reader.see);
    expect(kept.map(({ id, pieces }) => [id, pieces.map(({ part }) => part)])).toEqual([
      ["x", [{ type: "reasoning", text: "a", signature: proof("st") }]],
      ["y", [{ type: "reasoning", text: "b" }]],
    ]);
  });
});
