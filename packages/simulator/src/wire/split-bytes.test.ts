import { expect, test } from "vitest";
import { splitBytes } from "./split-bytes.ts";

const split = (text: string, sizes: readonly number[]): readonly string[] =>
  splitBytes(Buffer.from(text), sizes).map((part) => Buffer.from(part).toString());

test("splits at the given sizes, again from the first when they are used up", () => {
  expect(split("abcdefgh", [1, 3])).toEqual(["a", "bcd", "e", "fgh"]);
  expect(split("abc", [1])).toEqual(["a", "b", "c"]);
});

test("is one stretch without sizes, and none for no bytes", () => {
  expect(split("abc", [])).toEqual(["abc"]);
  expect(split("", [2])).toEqual([]);
});
