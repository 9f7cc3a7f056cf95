import { beginsAt, endsAt, isDigit } from "./characters.ts";
import { detectorAt, type Detector } from "../detector.ts";

const shape = /(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}/y;

/** US social security numbers in their written form, `123-45-6789`, in the ranges that are given out. */
export const ssn: Detector = detectorAt("ssn", 14, /(?<!\w)\d{3}[- ]\d/g, (text, start) => {
  if (!beginsAt(text, start)) return undefined;
  shape.lastIndex = start;
  const separator = shape.exec(text)?.[1];
  if (separator === undefined) return undefined;
  const end = start + 11;
  // A part of a longer row of numbers is something else.
  const follows = text[end] === separator && isDigit(text.charCodeAt(end + 1));
  const goesBefore = text[start - 1] === separator && isDigit(text.charCodeAt(start - 2));
  return follows || goesBefore || !endsAt(text, end) ? undefined : end;
});
