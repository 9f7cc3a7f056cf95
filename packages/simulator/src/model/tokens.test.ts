import fc from "fast-check";
import { expect, test } from "vitest";
import { countTokens, firstTokens, splitTokens } from "./tokens.ts";

/** Words, and characters of any script. */
const texts = fc
  .array(fc.oneof(fc.string(), fc.string({ unit: "binary" })), { maxLength: 6 })
  .map((list) => list.join(" "));

test("the tokens of any text are as many as are counted, and joined they are the text", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const tokens = splitTokens(text);
      expect(tokens.join("")).toBe(text);
      expect(tokens).toHaveLength(countTokens(text));
    }),
  );
});

test("a token never ends inside a character", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
      expect(splitTokens(text).every((token) => token.isWellFormed())).toBe(true);
    }),
  );
});

test("a token is about four characters of English", () => {
  const text = "The quick brown fox jumps over the lazy dog and looks for a quiet place to sleep until morning.";
  expect(text.length / countTokens(text)).toBeGreaterThan(3);
  expect(text.length / countTokens(text)).toBeLessThan(6);
});

test("the first tokens are a prefix of so many tokens", () => {
  expect(firstTokens("one two three", 2)).toBe("one two");
  expect(firstTokens("one", 5)).toBe("one");
  expect(firstTokens("one", 0)).toBe("");
});
