import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), "utf8");

const snippet = /<!-- from (\S+)#(\S+) -->\n+```ts\n([\s\S]*?)```/g;
const snippets = [...read("README.md").matchAll(snippet)].map(([, path = "", region = "", code = ""]) => ({
  path,
  region,
  code,
}));

const regionOf = (path: string, region: string): string =>
  new RegExp(`// #region ${region}\\n([\\s\\S]*?)// #endregion`).exec(read(path))?.[1] ?? "";

test("the README has its snippets", () => {
  expect(snippets.map(({ region }) => region)).toEqual(["ten-lines", "options", "stage"]);
});

test("the README names every example", () => {
  const examples = readdirSync(fileURLToPath(new URL("../examples", import.meta.url)), { withFileTypes: true });
  const folders = examples.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const named = [...read("README.md").matchAll(/^\| \[`(\S+)`\]\(examples\//gm)].map(([, name = ""]) => name);
  expect(named.toSorted()).toEqual(folders.toSorted());
});

test.each(snippets)("the snippet $path#$region is code that runs", ({ path, region, code }) => {
  expect(code).toBe(regionOf(path, region));
});
