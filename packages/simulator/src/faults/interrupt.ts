import { bodyOf, output, withHeaders, type Ending, type Piece, type Plan } from "../wire/plan.ts";

/** A body of one piece is a whole answer; streams have at least a start and an end. */
const isWhole = (plan: Plan): boolean => plan.pieces.length < 2;

/** How many pieces pass when so many pieces of output do; by default half of the output. */
const piecesThatPass = (pieces: readonly Piece[], after: number | undefined): number => {
  const outputs = pieces.flatMap((piece, index) => (piece.role === "output" ? [index] : []));
  const count = Math.min(after ?? Math.ceil(outputs.length / 2), outputs.length);
  const last = outputs[count - 1];
  const beforeOutput = outputs[0] ?? pieces.findIndex((piece) => piece.role === "finish");
  return last === undefined ? Math.max(0, beforeOutput) : last + 1;
};

/**
 * Breaks an answer off in the middle: a stream between two events, a whole answer after half of its bytes. What `extra`
 * makes of the number of pieces that pass is still sent before the end.
 */
export const interrupt = (
  plan: Plan,
  ending: Ending,
  after?: number,
  extra: (passed: number) => readonly Piece[] = () => [],
): Plan => {
  const body = bodyOf(plan);
  const kept = isWhole(plan)
    ? [output(body.subarray(0, Math.ceil(body.length / 2)))]
    : plan.pieces.slice(0, piecesThatPass(plan.pieces, after));
  // A proper end of a shorter body is only possible when no length was declared.
  const shortened = ending === "end" ? withHeaders(plan, { "content-length": undefined }) : plan;
  return { ...shortened, pieces: [...kept, ...extra(kept.length)], ending };
};

/** Breaks a stream off inside an event: at the half of the first event that does not pass. */
export const interruptEvent = (plan: Plan, ending: Ending, after?: number): Plan => {
  if (isWhole(plan)) return interrupt(plan, ending, after);
  const next = plan.pieces[piecesThatPass(plan.pieces, after)];
  const bytes = Buffer.from(next?.data ?? "");
  return interrupt(plan, ending, after, () => [output(bytes.subarray(0, Math.ceil(bytes.length / 2)))]);
};

/** The pieces before the first output. */
export const beforeOutput = (plan: Plan): readonly Piece[] => plan.pieces.slice(0, piecesThatPass(plan.pieces, 0));
