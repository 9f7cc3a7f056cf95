import type { JsonRecord } from "../json.ts";
import type { Hints } from "./hints.ts";

const numberOr = (value: unknown, otherwise: number): number => (typeof value === "number" ? value : otherwise);

/** A number that fits a number or integer schema; one the user mentioned is preferred. */
export const numberForSchema = (schema: JsonRecord, whole: boolean, hints: Hints): number => {
  const lowest = Math.max(numberOr(schema["minimum"], -Infinity), numberOr(schema["exclusiveMinimum"], -Infinity));
  const highest = Math.min(numberOr(schema["maximum"], Infinity), numberOr(schema["exclusiveMaximum"], Infinity));
  const step = Math.abs(numberOr(schema["multipleOf"], 0));

  const isMultiple = (value: number): boolean => {
    const quotient = value / step;
    return step === 0 || Math.abs(quotient - Math.round(quotient)) < 1e-9;
  };
  const fits = (value: number): boolean =>
    Number.isFinite(value) &&
    value >= lowest &&
    value <= highest &&
    value !== schema["exclusiveMinimum"] &&
    value !== schema["exclusiveMaximum"] &&
    (!whole || Number.isInteger(value)) &&
    isMultiple(value);

  const grid = step === 0 ? 1 : step;
  const candidates = [
    ...hints.numbers,
    3,
    1,
    0,
    Math.ceil(lowest / grid) * grid,
    (Math.floor(lowest / grid) + 1) * grid,
    Math.floor(highest / grid) * grid,
    (Math.ceil(highest / grid) - 1) * grid,
    (lowest + highest) / 2,
    lowest,
    highest,
  ];
  return candidates.find(fits) ?? 0;
};
