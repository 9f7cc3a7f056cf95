import { describe, expect, it } from "vitest";
import { effortOf } from "../../../test/effort.ts";
import { allowPatterns, denyPatterns } from "./patterns.ts";

const found = (patterns: readonly (string | RegExp)[], text: string, from = 0): string[] =>
  [...denyPatterns({ patterns }).find(text, from)].map(({ start, end }) => text.slice(start, end));

describe("denyPatterns()", () => {
  it("finds texts as they stand, in capitals or not", () => {
    expect(found(["Project Falcon", "a.b"], "project FALCON, axb, A.B")).toEqual(["project FALCON", "A.B"]);
  });

  it("finds the normalised form of a text too", () => {
    expect(found(["ﬁre"], "fire")).toEqual(["fire"]);
  });

  it("finds regular expressions with their flags, from a place on", () => {
    expect(found([/\bEMP-\d{6}\b/gy], "EMP-123456 emp-123456 EMP-654321", 1)).toEqual(["EMP-654321"]);
    expect(found([/emp-\d{2,4}/i], "EMP-123456")).toEqual(["EMP-1234"]);
  });

  it.each([
    [/ab{2,5}c/, 7],
    [/(?:foo|quux){1,3}/, 12],
    [/a(?=b{1,4})/, 5],
    [/(?<=x{1,9})y/, 9],
    [/(?<name>[a-z]{4})(?!z)/, 5],
    [/[\]\\^]{3}\u0041\x41\cA/, 6],
    [/\p{L}{3}./u, 8],
    [/a{2}?b?/, 3],
    [/^x$/, 1],
    [/x{,5}/, 5],
    ["Straße", 6],
  ])("knows how far %s reaches", (pattern, length) => {
    expect(denyPatterns({ patterns: [pattern] }).maxMatchLength).toBe(length);
  });

  it.each([
    [/a+/, /`denyPatterns.patterns\[0\]`.*`\+` has no upper bound/],
    [/a*b/, /`\*` has no upper bound/],
    [/a{2,}/, /`\{2,\}` has no upper bound/],
    [/(a)\1/, /refers back/],
    [/(?<x>a)\k<x>/, /refers back/],
    [/(?:a{0,20}){0,20}b/, /too many ways/],
    [/(?:a|a){1,30}b/, /too many ways/],
    [/[a-z]{0,64}[a-z]{0,64}[a-z]{0,64}x/, /too many ways/],
    [/a{0,99999}/, /more than 16384/],
    [/a?/, /matches the empty text/],
    [/[a&&b]/v, /flag v/],
    ["  ", /not blank/],
    [7, /not blank, or a regular expression/],
  ])("refuses %s", (pattern, message) => {
    const make = (): unknown => denyPatterns({ patterns: [pattern as string] });
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  it("needs at least one pattern and an action that does something", () => {
    expect(() => denyPatterns({ patterns: [] })).toThrow("`denyPatterns.patterns` must list at least one");
    expect(() => denyPatterns({ patterns: ["x"], action: "allow" as "flag" })).toThrow(
      "`denyPatterns.action` must be one of",
    );
    expect(() => allowPatterns({ patterns: ["x"], action: "flag" } as { patterns: string[] })).toThrow(
      "no option `action`",
    );
  });

  it("takes bounded time for the worst pattern it accepts", async () => {
    const effort = await effortOf(() => expect(found([/a{0,63}a{0,63}b/], "a".repeat(16_384))).toEqual([]));
    expect(effort).toBeLessThan(3000);
  });
});
