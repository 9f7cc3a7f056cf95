import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { providerTable } from "../packages/core/src/providers/table.ts";
import { page, tableText, withTable } from "./build-providers-page.ts";

test("the page of providers is that of the table (npm run providers)", () => {
  const text = readFileSync(page, "utf8");
  expect(withTable(text, providerTable)).toBe(text);
});

test("says of a row where it is, who is asking and how it differs", () => {
  const row = {
    id: "acme",
    baseURL: "https://{region}.acme.example/v1",
    addressParts: { region: ["ACME_REGION"] },
    keyVariables: ["ACME_KEY"],
    apis: ["responses"],
    quirks: { stringContent: true, doneMarker: "optional" },
  } as const;
  expect(
    tableText([row])
      .split("\n")[2]
      ?.split(/ *\| */)
      .filter(Boolean),
  ).toEqual([
    "`acme`",
    "`https://{region}.acme.example/v1`; region: `ACME_REGION`",
    "`ACME_KEY`",
    "`ACME_BASE_URL`",
    "responses",
    "stringContent",
  ]);
  expect(() => withTable("no place", [row])).toThrow("no place for the table");
});
