import { beginsAt, endsAt, isDigit } from "./characters.ts";
import { detectorAt, type Detector } from "../detector.ts";

// +49 171 1234567, 0049 (171) 123-4567: a country code, then 6 to 14 digits with single separators.
const international = /(?:\+|00)[1-9](?:[ .\-/]?\(?\d\)?){6,14}/y;

// (555) 234-5678, 1-555-234-5678: North America, where neither part begins with 0 or 1.
const northAmerican = /(?:\+?1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}/y;

// 020 7946 0958, 0171/1234567, 06.12.34.56.78: a trunk zero, then groups with one separator among them.
const national = /\(?(0[1-9]\d{0,4})\)?[ .\-/](\d{2,8})(?:([ .-])(\d{2,4})(?:\3\d{2,4}){0,3})?/y;

const separators = new Set(" .-/");

/** A row of numbers that goes on is no phone number. */
const isWhole = (text: string, start: number, end: number): boolean =>
  endsAt(text, end) &&
  !(separators.has(text.charAt(end)) && text[end] !== "." && isDigit(text.charCodeAt(end + 1))) &&
  !(separators.has(text.charAt(start - 1)) && isDigit(text.charCodeAt(start - 2)));

const endOf = (shape: RegExp, text: string, start: number): number | undefined => {
  shape.lastIndex = start;
  return shape.test(text) ? shape.lastIndex : undefined;
};

const nationalEnd = (text: string, start: number): number | undefined => {
  national.lastIndex = start;
  const found = national.exec(text);
  if (found === null) return undefined;
  const [all, area = "", second = "", , third] = found;
  const digits = all.replace(/\D/g, "").length;
  // 05.11.2024 is a date, whatever follows it.
  const isDate = area.length === 2 && second.length === 2 && third?.length === 4;
  return digits >= 9 && digits <= 12 && !isDate ? start + all.length : undefined;
};

/**
 * Phone numbers as people write them: international with `+` or `00`, North American, or national with a leading zero
 * and separators. A bare row of digits is none.
 */
export const phone: Detector = detectorAt("phone", 64, /(?<!\w)[+(]?\d/g, (text, start) => {
  if (!beginsAt(text, start)) return undefined;
  for (const end of [endOf(international, text, start), endOf(northAmerican, text, start), nationalEnd(text, start)]) {
    if (end !== undefined && isWhole(text, start, end)) return end;
  }
  return undefined;
});
