import { createHash } from "node:crypto";

const featuresOf = (text: string): readonly string[] => {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const stems = words.map((word) => word.slice(0, 4));
  return [...words, ...stems, text];
};

/**
 * A vector of length one that stands for a text: the same for the same text, and nearer to those that share words with
 * it than to others.
 */
export const embed = (text: string, dimensions: number, model: string): readonly number[] => {
  const vector = Array.from({ length: dimensions }, () => 0);
  for (const feature of featuresOf(text)) {
    const digest = createHash("sha256").update(`${model}\0${feature}`).digest();
    for (let at = 0; at + 4 <= digest.length; at += 4) {
      const drawn = digest.readUInt32LE(at);
      const index = drawn % dimensions;
      vector[index] = (vector[index] ?? 0) + (drawn >= 2 ** 31 ? 1 : -1);
    }
  }
  const length = Math.hypot(...vector);
  // 32-bit numbers, as models have them: what is sent as text is what is sent as bytes.
  return vector.map((value) => Math.fround(length === 0 ? 1 / Math.sqrt(dimensions) : value / length));
};
