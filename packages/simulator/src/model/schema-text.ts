import type { JsonRecord } from "../json.ts";
import type { Hints } from "./hints.ts";
import { textForPattern } from "./pattern-text.ts";

const byFormat: Readonly<Record<string, string>> = {
  date: "2026-01-15",
  "date-time": "2026-01-15T09:30:00Z",
  time: "09:30:00Z",
  duration: "PT15M",
  email: "ada@example.com",
  hostname: "example.com",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  uri: "https://example.com/",
  url: "https://example.com/",
  "uri-reference": "/index.html",
  uuid: "3f2b8c1e-9a4d-4c7b-8e21-5d6f7a8b9c0d",
  byte: "c2ltdWxhdG9y",
};

/** Property names that a mention of the user does not answer. */
const byName: readonly (readonly [RegExp, string])[] = [
  [/e-?mail/iu, "ada@example.com"],
  [/date|day$/iu, "2026-01-15"],
  [/time/iu, "09:30"],
  [/url|link/iu, "https://example.com/"],
  [/phone/iu, "+49 30 901820"],
  [/currency/iu, "EUR"],
  [/country/iu, "Germany"],
];

/** Texts that fit many patterns written by hand. */
const commonTexts = ["Ada Lovelace", "ada", "ABC-123", "A1", "123", "12345", "+4930901820", "en-GB", "10:30", "1.0.0"];

const limit = (value: unknown, otherwise: number): number => {
  // Some APIs write these limits as strings.
  const number = typeof value === "string" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number >= 0 ? Math.floor(number) : otherwise;
};

const longestText = 4_000;

const longestPattern = 2_000;

const compile = (pattern: unknown): RegExp | undefined => {
  if (typeof pattern !== "string" || pattern.length > longestPattern) return undefined;
  try {
    return new RegExp(pattern, "u");
  } catch {
    // Patterns that are not regular expressions in this language cannot be checked, so they are not kept to.
    return undefined;
  }
};

/** JSON Schema counts characters, not code units. */
const characters = (text: string): number => Array.from(text).length;

/** The text cut or repeated until its length is allowed. */
const fit = (text: string, shortest: number, longest: number): string => {
  const base = text === "" ? "x" : text;
  const wanted = Math.min(longest, Math.max(shortest, characters(base)));
  const repeated = base.repeat(Math.max(1, Math.ceil(wanted / characters(base))));
  return Array.from(repeated).slice(0, wanted).join("");
};

/** A string that fits a string schema; what the user mentioned is preferred. */
export const textForSchema = (schema: JsonRecord, name: string, hints: Hints): string => {
  const shortest = Math.min(limit(schema["minLength"], 0), longestText);
  const longest = limit(schema["maxLength"], longestText);
  const format = typeof schema["format"] === "string" ? byFormat[schema["format"]] : undefined;
  const named = byName.find(([pattern]) => pattern.test(name))?.[1];
  const own = format ?? named ?? hints.mentions[0] ?? hints.topic;
  const pattern = compile(schema["pattern"]);
  if (pattern === undefined) return format ?? fit(own, shortest, longest);

  const fits = (text: string): boolean =>
    characters(text) >= shortest && characters(text) <= longest && pattern.test(text);
  const candidates = [own, ...hints.mentions, ...Object.values(byFormat), ...commonTexts];
  return candidates.find(fits) ?? textForPattern(pattern.source);
};
