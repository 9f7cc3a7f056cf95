import { isAlphanumeric, isLetter } from "./characters.ts";
import type { Detector } from "../detector.ts";

const longestLocal = 64;
const longestDomain = 189;

// Others are allowed by the letter, but are much more often part of an address on the web around a mail address.
const specials = new Set(Buffer.from("._%+'~-"));
const isLocal = (code: number): boolean => isAlphanumeric(code) || specials.has(code);

/** Addresses like `name@host.tld`: 254 characters at most, as mail servers take them. */
export const email: Detector = {
  reach: longestLocal + 1 + longestDomain,
  next: (text, from) => {
    for (let at = text.indexOf("@", from); at !== -1; at = text.indexOf("@", at + 1)) {
      const start = localStart(text, at, from);
      const end = start === at ? undefined : domainEnd(text, at + 1);
      if (end !== undefined) return { start, end, category: "email" };
    }
    return undefined;
  },
};

const localStart = (text: string, at: number, from: number): number => {
  const first = Math.max(from, at - longestLocal);
  let start = at;
  while (start > first && isLocal(text.charCodeAt(start - 1))) start--;
  // Quotes and the like in front belong to the sentence.
  while (start < at && !isAlphanumeric(text.charCodeAt(start)) && text[start] !== "_") start++;
  return start;
};

/** The end of the longest host name at `start` whose last part is a word of two letters or more. */
const domainEnd = (text: string, start: number): number | undefined => {
  const limit = Math.min(text.length, start + longestDomain);
  let end: number | undefined;
  let label = start;
  let isWord = true;
  for (let at = start; at <= limit; at++) {
    const code = at === limit ? Number.NaN : text.charCodeAt(at);
    if (isAlphanumeric(code) || (code === 0x2d && at > label)) {
      isWord &&= isLetter(code);
      continue;
    }
    const length = at - label;
    if (length === 0) break;
    if (label > start && isWord && length >= 2) end = at;
    if (code !== 0x2e) break;
    label = at + 1;
    isWord = true;
  }
  return end;
};
