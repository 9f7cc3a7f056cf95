/** Where a character of a view stands in the text it was made from. */
export interface Origin {
  readonly start: number;
  readonly end: number;
  /** In JSON text: part of a number or a word, or of the structure itself. Inside strings and in plain text absent. */
  readonly role?: "literal" | "structure";
}

/** A piece of text as rules see it. Without `origins` it is delivered text, that begins at `offset` of its field. */
export interface Piece {
  readonly text: string;
  readonly offset: number;
  /** One for each code unit of `text`. */
  readonly origins?: readonly Origin[];
}

export const originAt = ({ offset, origins }: Piece, index: number): Origin =>
  origins?.[index] ?? { start: offset + index, end: offset + index + 1 };

const allOrigins = (piece: Piece): readonly Origin[] =>
  piece.origins ?? Array.from({ length: piece.text.length }, (_, index) => originAt(piece, index));

/** Two pieces, the second of which comes after the first; something may have been left out in between. */
export const joinPieces = (first: Piece, second: Piece): Piece => {
  if (first.text === "") return second;
  if (second.text === "") return first;
  const text = first.text + second.text;
  const { offset } = first;
  const bothAsTheyCame = first.origins === undefined && second.origins === undefined;
  if (bothAsTheyCame && offset + first.text.length === second.offset) return { text, offset };
  return { text, offset, origins: [...allOrigins(first), ...allOrigins(second)] };
};

export const slicePiece = ({ text, offset, origins }: Piece, start: number, end: number = text.length): Piece => ({
  text: text.slice(start, end),
  offset: offset + start,
  ...(origins === undefined ? {} : { origins: origins.slice(start, end) }),
});
