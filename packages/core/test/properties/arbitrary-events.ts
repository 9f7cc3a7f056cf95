import fc from "fast-check";
import type { ChatEvent } from "../../src/chat/event.ts";
import type { Answer, Piece } from "./arbitrary-answer.ts";
import { chopped } from "./chopped.ts";

/** Where pieces are cut, and where batches end. */
export const cuts: fc.Arbitrary<readonly number[]> = fc.array(fc.nat(1_000), { maxLength: 4 });

const eventsOfPiece = (piece: Piece, block: number, index: number, where: readonly number[]): readonly ChatEvent[] => {
  if (piece.type === "text") {
    return chopped(piece.text, where).map((text) => ({ type: "text-delta", choice: 0, text, block }));
  }
  if (piece.type === "reasoning") {
    const { signature } = piece;
    const deltas = chopped(piece.text, where).map((text): ChatEvent => ({
      type: "reasoning-delta",
      choice: 0,
      text,
      block,
    }));
    return signature === undefined
      ? deltas
      : [...deltas, { type: "reasoning-delta", choice: 0, text: "", block, signature }];
  }
  const { id, name, arguments: text } = piece;
  return [
    { type: "tool-call-start", choice: 0, index, id, name, kind: "function" },
    ...chopped(text, where).map((part): ChatEvent => ({ type: "tool-call-delta", choice: 0, index, arguments: part })),
    { type: "tool-call-end", choice: 0, index },
  ];
};

/** The events of an answer, its texts and arguments in pieces. */
export const eventsOf = ({ id, model, pieces, finishReason, usage }: Answer, where: readonly number[]): ChatEvent[] => {
  let calls = 0;
  return [
    { type: "reply-start", id, model, created: 1_790_000_000 },
    ...pieces.flatMap((piece, block) => eventsOfPiece(piece, block, piece.type === "call" ? calls++ : 0, where)),
    { type: "usage", usage },
    { type: "reply-end", choice: 0, finishReason },
  ];
};

/** The events in batches, as network reads bring them. */
export const inBatches = (
  events: readonly ChatEvent[],
  where: readonly number[],
): readonly (readonly ChatEvent[])[] => {
  const ends = [...new Set(where.map((cut) => cut % events.length))].filter((at) => at > 0).toSorted((a, b) => a - b);
  const edges = [0, ...ends, events.length];
  return edges.slice(1).map((end, index) => events.slice(edges[index], end));
};
