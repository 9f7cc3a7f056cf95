/**
 * Writes the table of `docs/providers.md` from the rows of the provider table.
 *
 *     node scripts/build-providers-page.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { addressVariablesOf, keyVariablesOf, type ProviderRow } from "../packages/core/src/providers/provider-row.ts";
import { providerTable } from "../packages/core/src/providers/table.ts";
import { markdownTable, withGenerated } from "./generated-page.ts";

export const page = new URL("../docs/providers.md", import.meta.url);

const code = (text: string): string => `\`${text}\``;
const list = (names: readonly string[]): string => names.map(code).join(", ");

const addressOf = (row: ProviderRow): string => {
  const parts = Object.entries(row.addressParts ?? {}).filter(([, variables]) => variables.length > 0);
  const variables = parts.map(([name, [first = ""]]) => `${name}: ${code(first)}`);
  return [code(row.baseURL), ...variables].join("; ");
};

/** A row says how it differs, each quirk by its name in `quirks.ts`; the commonest of all says nothing. */
const quirksOf = (row: ProviderRow): string =>
  Object.keys(row.quirks ?? {})
    .filter((name) => name !== "doneMarker")
    .join(", ");

const header = ["id", "address", "key", "address variable", "also speaks", "differs in"];

const cellsOf = (row: ProviderRow): readonly string[] => [
  code(row.id),
  addressOf(row),
  list(keyVariablesOf(row)),
  list(addressVariablesOf(row)),
  [...(row.apis ?? []), ...(row.embeddings === undefined ? [] : ["embeddings"])].join(", "),
  quirksOf(row),
];

/** The table of these rows. */
export const tableText = (rows: readonly ProviderRow[]): string => markdownTable(header, rows.map(cellsOf));

/** The page with the table of these rows in place of the one it has. */
export const withTable = (text: string, rows: readonly ProviderRow[]): string => withGenerated(text, tableText(rows));

if (import.meta.main) writeFileSync(page, withTable(readFileSync(page, "utf8"), providerTable));
