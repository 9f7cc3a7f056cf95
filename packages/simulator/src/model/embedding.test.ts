import fc from "fast-check";
import { expect, test } from "vitest";
import { embed } from "./embedding.ts";

const similarity = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

test("a vector has the wanted size, length one, and is the same for the same text", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 30 }), fc.integer({ min: 1, max: 64 }), (text, dimensions) => {
      const vector = embed(text, dimensions, "m");
      expect(vector).toHaveLength(dimensions);
      expect(similarity(vector, vector)).toBeCloseTo(1, 4);
      expect(embed(text, dimensions, "m")).toEqual(vector);
    }),
  );
});

test("texts that share words are nearer to each other than to others", () => {
  const [rain, rainy, loan] = ["Rain fell in Rome", "In Rome rain falls", "The bank lends money"].map((text) =>
    embed(text, 256, "m"),
  );
  expect(similarity(rain ?? [], rainy ?? [])).toBeGreaterThan(similarity(rain ?? [], loan ?? []) + 0.3);
});
