import { expect, test } from "vitest";
import { canonicalText, isDeeperThan, without } from "./json.ts";

test("one text stands for one value, whatever the order of its keys", () => {
  expect(canonicalText({ b: [1, { d: null, c: "x" }], a: true })).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}');
  expect(canonicalText({ a: [1, 2] })).not.toBe(canonicalText({ a: [2, 1] }));
});

test("depth is measured without a stack", () => {
  expect(isDeeperThan("text", 0)).toBe(false);
  expect(isDeeperThan({ a: [1] }, 2)).toBe(false);
  expect(isDeeperThan({ a: [[1]] }, 2)).toBe(true);
  expect(isDeeperThan(JSON.parse("[".repeat(100_000) + "]".repeat(100_000)), 200)).toBe(true);
});

test("a copy without some keys keeps __proto__ as data", () => {
  const copy = without(JSON.parse('{"__proto__":1,"a":2,"b":3}'), "a");
  expect(JSON.stringify(copy)).toBe('{"__proto__":1,"b":3}');
});
