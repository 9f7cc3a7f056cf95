import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { faultTable, findFault } from "./fault-table.ts";

test("every row has a name of its own, and the README lists it as it is", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8").replaceAll(/ {2,}/gu, " ");
  expect(new Set(faultTable.map((fault) => fault.name)).size).toBe(faultTable.length);
  for (const { name, shows } of faultTable) expect(readme).toContain(`| \`${name}\` | ${shows} |`);
});

test("a fault is found by its name, and one that does not exist is refused with a list of all", () => {
  expect(findFault("503*2").fault.name).toBe("503");
  expect(() => findFault("constructor")).toThrow(/there is no fault named "constructor"; there are 400, 401/u);
});
