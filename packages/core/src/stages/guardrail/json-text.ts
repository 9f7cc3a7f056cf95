import type { Origin, Piece } from "./piece.ts";

const structural = new Set(' \t\r\n{}[]:,"');
const short: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };
const hex = /^[0-9a-fA-F]{4}$/;
const longestLiteral = 256;

export interface JsonReader {
  readonly push: (text: string, ended: boolean) => Piece;
}

/**
 * Reads JSON text as it streams: escapes are resolved, and every character of a number or word stands for the whole
 * of it, so that whatever takes its place can be a whole value again. Text that is no JSON passes as it is.
 */
export const createJsonReader = (beginsAt: number): JsonReader => {
  let waiting = "";
  let offset = beginsAt;
  let inString = false;

  return {
    push: (text, ended) => {
      const all = waiting + text;
      const origins: Origin[] = [];
      let read = "";
      let at = 0;
      const take = (form: string, length: number, role?: Origin["role"]): void => {
        const start = offset + at;
        const origin: Origin = { start, end: start + length, ...(role === undefined ? {} : { role }) };
        for (let unit = 0; unit < form.length; unit++) origins.push(origin);
        read += form;
        at += length;
      };
      while (at < all.length) {
        const character = all.charAt(at);
        if (inString && character === "\\") {
          const escape = escapeAt(all, at, ended);
          if (escape === undefined) break;
          take(escape.form, escape.length);
        } else if (character === '"') {
          take(character, 1, "structure");
          inString = !inString;
        } else if (inString) {
          take(character, 1);
        } else if (structural.has(character)) {
          take(character, 1, "structure");
        } else {
          let end = at + 1;
          while (end < all.length && end - at < longestLiteral && !structural.has(all.charAt(end))) end++;
          if (end === all.length && end - at < longestLiteral && !ended) break;
          take(all.slice(at, end), end - at, "literal");
        }
      }
      const piece: Piece = { text: read, offset, origins };
      waiting = all.slice(at);
      offset += at;
      return piece;
    },
  };
};

/** What the escape at `at` stands for; `undefined` where the rest of it is still to come. */
const escapeAt = (text: string, at: number, ended: boolean): { form: string; length: number } | undefined => {
  const letter = text.charAt(at + 1);
  const length = letter === "u" ? 6 : 2;
  if (at + length > text.length && !ended) return undefined;
  if (letter !== "u") return letter === "" ? { form: "\\", length: 1 } : { form: short[letter] ?? letter, length };
  const digits = text.slice(at + 2, at + 6);
  // Not an escape after all: the backslash stands for itself.
  return hex.test(digits)
    ? { form: String.fromCharCode(Number.parseInt(digits, 16)), length }
    : { form: "\\", length: 1 };
};
