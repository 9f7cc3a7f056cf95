import fc from "fast-check";
import type { FinishReason } from "../../src/chat/event.ts";
import type { Signature } from "../../src/chat/message.ts";
import type { Usage } from "../../src/chat/usage.ts";
import { callId, name, objectText, text } from "./arbitrary-text.ts";

/** A piece of an answer, in the order in which the model made them. */
export type Piece =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string; readonly signature?: Signature }
  | { readonly type: "call"; readonly id: string; readonly name: string; readonly arguments: string };

/** What a model answers, whatever dialect it is told in. */
export interface Answer {
  readonly id: string;
  readonly model: string;
  /** No two texts, and no two thoughts, follow each other: together they would be one. */
  readonly pieces: readonly Piece[];
  readonly finishReason: FinishReason;
  readonly usage: Usage;
}

const said: fc.Arbitrary<Piece> = text.map((value) => ({ type: "text", text: value }));
// Every dialect keeps proofs of this family: its own as they are, the others wrapped.
const signature: fc.Arbitrary<Signature> = fc
  .stringMatching(/^[A-Za-z0-9+/]{4,24}={0,2}$/)
  .map((value) => ({ format: "anthropic-claude-v1", value }));
const thought: fc.Arbitrary<Piece> = fc.record(
  { type: fc.constant("reasoning" as const), text, signature },
  { requiredKeys: ["type", "text"] },
);
const call: fc.Arbitrary<Piece> = fc.record({
  type: fc.constant("call" as const),
  id: callId,
  name,
  arguments: objectText,
});

/** Whether a piece cannot be taken for more of the one before it, or for a call that was there already. */
export const isApart = (piece: Piece, index: number, pieces: readonly Piece[]): boolean =>
  piece.type === "call"
    ? pieces.findIndex((other) => other.type === "call" && other.id === piece.id) === index
    : pieces[index - 1]?.type !== piece.type;

const pieces: fc.Arbitrary<readonly Piece[]> = fc
  .array(fc.oneof(said, thought, call), { maxLength: 5 })
  .map((list) => list.filter(isApart));

const count = fc.nat(100_000);

const usage: fc.Arbitrary<Usage> = fc
  .record(
    { fresh: count, answer: count, cacheReadTokens: count, cacheWriteTokens: count, reasoningTokens: count },
    { requiredKeys: ["fresh", "answer"] },
  )
  .map(({ fresh, answer, ...parts }) => {
    const { cacheReadTokens = 0, cacheWriteTokens = 0, reasoningTokens = 0 } = parts;
    return {
      inputTokens: fresh + cacheReadTokens + cacheWriteTokens,
      outputTokens: answer + reasoningTokens,
      ...parts,
    };
  });

const isCall = ({ type }: Piece): boolean => type === "call";

/** Any answer: calls make a stop an end for their sake. */
export const answer: fc.Arbitrary<Answer> = fc
  .record({
    id: fc.stringMatching(/^[a-z]{3}_[a-zA-Z0-9]{6,12}$/),
    model: name,
    pieces,
    ending: fc.constantFrom<FinishReason>("stop", "stop", "length", "content_filter"),
    usage,
  })
  .map(({ ending, ...rest }) => ({
    ...rest,
    finishReason: ending === "stop" && rest.pieces.some(isCall) ? "tool_calls" : ending,
  }));
