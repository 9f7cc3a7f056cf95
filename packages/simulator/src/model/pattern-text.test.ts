import { expect, test } from "vitest";
import { textForPattern } from "./pattern-text.ts";

test.each([
  "^[A-Z]{3}-\\d{4}$",
  "^(cat|dog)s?$",
  "^\\w+@\\w+\\.com$",
  "^[^a-z]+$",
  "^(?:a|b){2,5}c*$",
  "^(?=.*\\d)[a-z]\\d$",
  "^\\p{Lu}\\p{Ll}+$",
  "^(?<year>\\d{4})-(0[1-9]|1[0-2])$",
  "^$",
])("writes a text that matches %s", (pattern) => {
  expect(textForPattern(pattern)).toMatch(new RegExp(pattern, "u"));
});

test("stays short when repeats are repeated", () => {
  expect(textForPattern("((a{999}){999}){999}").length).toBeLessThan(10_000);
});

test("comes to an end for patterns that are not well formed", () => {
  expect(() => ["(", "[", "a{", "\\", ")"].map(textForPattern)).not.toThrow();
});
