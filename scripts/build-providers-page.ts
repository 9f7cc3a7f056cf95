/**
 * Writes the table of `docs/providers.md` from the rows of the provider table.
 *
 *     node scripts/build-providers-page.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { addressVariablesOf, keyVariablesOf, type ProviderRow } from "../packages/core/src/providers/provider-row.ts";
import { providerTable } from "../packages/core/src/providers/table.ts";

export const page = new URL("../docs/providers.md", import.meta.url);
const begin = "<!-- the table -->\n";
const end = "<!-- end of the table -->\n";

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

/** The table, its columns padded as the formatter pads them. */
export const tableText = (rows: readonly ProviderRow[]): string => {
  const cells = [header, ...rows.map(cellsOf)];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(header), rule, ...cells.slice(1).map(line)].join("\n");
};

/** The page with the table of these rows in place of the one it has. */
export const withTable = (text: string, rows: readonly ProviderRow[]): string => {
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${page.pathname} has no place for the table.`);
  return `${before}${begin}\n${tableText(rows)}\n\n${end}${after}`;
};

if (import.meta.main) writeFileSync(page, withTable(readFileSync(page, "utf8"), providerTable));
