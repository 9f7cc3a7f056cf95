import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { page, withMatrix } from "./build-matrix-page.ts";

test("the matrix is that of the cases (npm run matrix), and has no empty cell", () => {
  const text = readFileSync(page, "utf8");
  expect(withMatrix(text)).toBe(text);
  const cells = text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .flatMap((line) => line.split("|").slice(1, -1));
  expect(cells.filter((cell) => cell.trim() === "")).toEqual([]);
});
