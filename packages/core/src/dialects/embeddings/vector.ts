import type { Vector } from "../../chat/event.ts";

const bytesPerNumber = 4;

/** A vector as a list of numbers. */
export const toNumbers = (vector: Vector): readonly number[] => {
  if (typeof vector !== "string") return vector;
  const bytes = Buffer.from(vector, "base64");
  return Array.from({ length: Math.floor(bytes.length / bytesPerNumber) }, (_, index) =>
    bytes.readFloatLE(index * bytesPerNumber),
  );
};

/** A vector as base64 of its numbers as little-endian 32-bit floats. */
export const toBase64 = (vector: Vector): string => {
  if (typeof vector === "string") return vector;
  const bytes = Buffer.alloc(vector.length * bytesPerNumber);
  vector.forEach((number, index) => bytes.writeFloatLE(number, index * bytesPerNumber));
  return bytes.toString("base64");
};

/** The vector in a provider's answer; `undefined` where it is none. */
export const readVector = (value: unknown): Vector | undefined => {
  if (typeof value === "string") return isFloats(value) ? value : undefined;
  return isNumbers(value) && value.length > 0 ? value : undefined;
};

const isNumbers = (value: unknown): value is readonly number[] => Array.isArray(value) && value.every(Number.isFinite);

const isFloats = (value: string): boolean => {
  const { length } = Buffer.from(value, "base64");
  return length > 0 && length % bytesPerNumber === 0;
};
