const longestPiece = 5;

const isSpace = (code: number): boolean => code <= 32 || code === 0xa0;
const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;

/** Where the token that begins at `start` ends: leading space, then at most five characters of a word. */
const tokenEnd = (text: string, start: number): number => {
  let end = start;
  while (end < text.length && isSpace(text.charCodeAt(end))) end++;
  const limit = Math.min(text.length, end + longestPiece);
  while (end < limit && !isSpace(text.charCodeAt(end))) end++;
  // A character outside the basic plane is never split in two.
  return end < text.length && end > start && isHighSurrogate(text.charCodeAt(end - 1)) ? end + 1 : end;
};

/** How many tokens a text is: about four characters each, and always as many as `splitTokens` gives. */
export const countTokens = (text: string): number => {
  let count = 0;
  for (let at = 0; at < text.length; at = tokenEnd(text, at)) count++;
  return count;
};

/** The tokens of a text; joined they are the text. */
export const splitTokens = (text: string): readonly string[] => {
  const tokens: string[] = [];
  for (let at = 0; at < text.length;) {
    const end = tokenEnd(text, at);
    tokens.push(text.slice(at, end));
    at = end;
  }
  return tokens;
};

/** The first `limit` tokens of a text. */
export const firstTokens = (text: string, limit: number): string => {
  let at = 0;
  for (let count = 0; count < limit && at < text.length; count++) at = tokenEnd(text, at);
  return text.slice(0, at);
};

/** A text in pieces of so many tokens each; joined they are the text. */
export const splitPieces = (text: string, tokensPerPiece: number): readonly string[] => {
  const tokens = splitTokens(text);
  return Array.from({ length: Math.ceil(tokens.length / tokensPerPiece) }, (_, at) =>
    tokens.slice(at * tokensPerPiece, (at + 1) * tokensPerPiece).join(""),
  );
};
