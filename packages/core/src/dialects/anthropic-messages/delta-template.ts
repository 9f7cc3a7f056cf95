import { isObject } from "../fields.ts";

/**
 * The JSON text of one delta with a hole where its text was. Most deltas of a block differ in nothing but that text, so
 * it can be cut out instead of parsing each one.
 */
export interface DeltaTemplate {
  /** The text of another delta of the same form; `undefined` where only a parser can tell. */
  readonly cut: (data: string) => string | undefined;
}

const quote = 34;
const backslash = 92;
const space = 32;

// A text that a delta is unlikely to hold, to see which part of the JSON it becomes.
const probe = "\u2063probe\u2063";

/** Whether a character code is JSON's white space. */
const isSpace = (code: number): boolean => code === space || code === 10 || code === 13 || code === 9;

/**
 * Makes the template from a parsed delta whose text stands under `delta[field]`; `undefined` where that is not sure.
 * What lies around the hole is the same in every delta it accepts, so the parser would find the same as in the first:
 * all of that, and the hole as the text.
 */
export const createDeltaTemplate = (data: string, field: string, text: string): DeltaTemplate | undefined => {
  const at = text === "" ? -1 : data.lastIndexOf(`"${text}"`);
  if (at === -1) return undefined;
  const head = data.slice(0, at + 1);
  const rest = data.slice(at + 1 + text.length);
  if (rest.includes("\\") || !holdsText(`${head}${probe}${rest}`, field)) return undefined;
  const tail = withoutPadding(rest);

  return {
    cut: (other) => {
      if (!other.startsWith(head)) return undefined;
      const { length } = other;
      const start = head.length;
      for (let end = start; end < length; end++) {
        const code = other.charCodeAt(end);
        if (code === quote) return endsWith(other, end, tail) ? other.slice(start, end) : undefined;
        if (code === backslash || code < space) return undefined;
      }
      return undefined;
    },
  };
};

const holdsText = (data: string, field: string): boolean => {
  try {
    const value: unknown = JSON.parse(data);
    return isObject(value) && isObject(value["delta"]) && value["delta"][field] === probe;
  } catch {
    // The text also stood elsewhere, between two strings, and the hole was made there.
    return false;
  }
};

// Deltas are padded with spaces to lengths that say nothing. White space is passed over before a character that begins
// a token wherever it stands: there it cannot tell one text from another, as it could inside a string or a number.

const beginsToken = (code: number): boolean =>
  code === quote || code === 44 || code === 58 || code === 93 || code === 125 || Number.isNaN(code);

/** Where the padding that begins at `at` ends; `at` itself where there is none. */
const skipPadding = (text: string, at: number): number => {
  let end = at;
  while (isSpace(text.charCodeAt(end))) end++;
  return beginsToken(text.charCodeAt(end)) ? end : at;
};

/** The text from the closing quote of the hole on, without its padding. */
const withoutPadding = (rest: string): string => {
  let kept = "";
  let isInString = true;
  for (let at = 0; at < rest.length; at++) {
    if (!isInString) at = skipPadding(rest, at);
    if (rest[at] === '"') isInString = !isInString;
    kept += rest[at] ?? "";
  }
  return kept;
};

/** Whether the text from `from` on is `tail`, padding aside. */
const endsWith = (data: string, from: number, tail: string): boolean => {
  let matched = 0;
  let isInString = true;
  for (let at = from; at < data.length; at++) {
    if (!isInString && isSpace(data.charCodeAt(at))) at = skipPadding(data, at);
    if (at === data.length) break;
    const code = data.charCodeAt(at);
    if (code === quote) isInString = !isInString;
    if (code !== tail.charCodeAt(matched)) return false;
    matched++;
  }
  return matched === tail.length;
};
