const begin = "<!-- the table -->\n";
const end = "<!-- end of the table -->\n";

/** A table, its columns padded as the formatter pads them. */
export const markdownTable = (header: readonly string[], rows: readonly (readonly string[])[]): string => {
  const cells = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(header), rule, ...rows.map(line)].join("\n");
};

/**
 * A page with this in place of what it has between its two marks.
 *
 * @throws Error where the page has no such place.
 */
export const withGenerated = (page: string, generated: string): string => {
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error("The page has no place for the table.");
  return `${before}${begin}\n${generated}\n\n${end}${after}`;
};
