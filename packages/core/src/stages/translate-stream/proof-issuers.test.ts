import { describe, expect, it } from "vitest";
import type { Message, Part, Signature } from "../../chat/message.ts";
import { boundProofs, proofId, proofsIn, readIssuer, withoutProofs } from "./proof-issuers.ts";

const proof = (value: string, format = "openai-responses-v1"): Signature => ({ format, value });
const mine = proof("mine");
const theirs = proof("theirs");
const claudes = proof("claudes", "anthropic-claude-v1");
const turn = (...parts: readonly Part[]): Message => ({ role: "assistant", parts });
const call = { type: "tool-call", kind: "function", id: "c", name: "f", arguments: "{}" } as const;

describe("proofs in a conversation", () => {
  it("are those that are good for one provider alone", () => {
    const parts: readonly Part[] = [
      { type: "reasoning", text: "a", encrypted: mine },
      { type: "reasoning", text: "b", signature: claudes },
      { type: "text", text: "c", signature: theirs },
      { ...call, signature: mine },
    ];
    expect(parts.map(boundProofs)).toEqual([[mine], [], [theirs], [mine]]);
    expect([...proofsIn([turn(...parts), { role: "user", parts: [{ type: "text", text: "q" }] }])]).toEqual([
      proofId(mine),
      proofId(theirs),
    ]);
  });

  it("are told apart by their form as well", () => {
    expect(proofId(proof("a", "x"))).not.toBe(proofId(proof("a", "y")));
  });
});

describe("a conversation without another's proofs", () => {
  const foreign = new Set([proofId(theirs)]);
  const without = (...parts: readonly Part[]): readonly Part[] | undefined =>
    withoutProofs([turn(...parts)], foreign)[0]?.parts;

  it("keeps what was signed, and loses what only the other can read, with what belongs to it", () => {
    expect(
      without(
        { type: "reasoning", text: "first", id: "rs_1" },
        { type: "reasoning", text: "", id: "rs_1", encrypted: theirs },
        { type: "reasoning", text: "", encrypted: theirs },
        { type: "reasoning", text: "own", id: "rs_2", encrypted: mine },
        { type: "reasoning", text: "thought", signature: theirs },
        { type: "text", text: "", signature: theirs },
        { type: "text", text: "said", signature: theirs },
        { ...call, signature: theirs },
      ),
    ).toEqual([
      { type: "reasoning", text: "own", id: "rs_2", encrypted: mine },
      { type: "reasoning", text: "thought" },
      { type: "text", text: "said" },
      call,
    ]);
  });

  it("is the very same message where it holds none", () => {
    const message = turn({ type: "reasoning", text: "own", encrypted: mine }, { ...call, signature: claudes });
    expect(withoutProofs([message], foreign)[0]).toBe(message);
  });
});

it.each([undefined, "text", {}, { provider: 1, expiresAt: 1 }, { provider: "p", expiresAt: "1" }])(
  "what a store holds is looked at: %j",
  (stored) => {
    expect(readIssuer(stored)).toBeUndefined();
  },
);
