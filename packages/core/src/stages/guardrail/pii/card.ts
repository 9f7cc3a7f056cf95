import { beginsAt, endsAt, isAlphanumeric, isDigit } from "./characters.ts";
import { detectorAt, type Detector } from "../detector.ts";

const fewestDigits = 12;
const mostDigits = 19;

// Number ranges by issuer, each with the lengths it uses.
const issued = new RegExp(
  `^(?:${[
    "4(?:\\d{12}|\\d{15}|\\d{18})",
    "5[1-5]\\d{14}",
    "2(?:22[1-9]|2[3-9]\\d|[3-6]\\d\\d|7[01]\\d|720)\\d{12}",
    "220[0-4]\\d{12,15}",
    "3[47]\\d{13}",
    "3(?:0[0-5]|[68]\\d|9\\d)\\d{11}",
    "35(?:2[89]|[3-8]\\d)\\d{12,15}",
    "6(?:011|4[4-9]\\d|5\\d\\d)\\d{12,15}",
    "62\\d{14,17}",
    "(?:5018|5020|5038|5893|6304|6759|676[1-3])\\d{8,15}",
    "(?:508[5-9]|60\\d\\d|8[12]\\d\\d)\\d{12}",
  ].join("|")})$`,
);

/** The checksum of card numbers, over the digits between `start` and `end`. */
const passesLuhn = (text: string, start: number, end: number): boolean => {
  let sum = 0;
  let isSecond = false;
  for (let at = end - 1; at >= start; at--) {
    const code = text.charCodeAt(at);
    if (!isDigit(code)) continue;
    const value = (code - 0x30) * (isSecond ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
    isSecond = !isSecond;
  }
  return sum % 10 === 0;
};

/**
 * Payment card numbers that an issuer may have given out and whose check digit is right; in one piece, or in groups of
 * four or more digits with one space or hyphen between them.
 */
export const card: Detector = detectorAt("card", 40, /(?<!\w)[2-68]\d{3}/g, (text, start) => {
  if (!beginsAt(text, start)) return undefined;
  let digits = 0;
  let group = 0;
  let separator: number | undefined;
  let end: number | undefined;
  for (let at = start; digits <= mostDigits; at++) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) {
      digits++;
      group++;
      continue;
    }
    if (isAlphanumeric(code)) break;
    // Whatever follows a group may be something else, such as an expiry date.
    if (digits >= fewestDigits && endsAt(text, at) && isCard(text, start, at)) end = at;
    const goesOn = (code === 0x20 || code === 0x2d) && (separator ?? code) === code && group >= 4;
    if (!goesOn || !isDigit(text.charCodeAt(at + 1))) break;
    separator = code;
    group = 0;
  }
  return end;
});

const isCard = (text: string, start: number, end: number): boolean =>
  passesLuhn(text, start, end) && issued.test(text.slice(start, end).replace(/[ -]/g, ""));
