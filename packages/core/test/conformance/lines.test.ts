import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { groups } from "./lines.ts";

const checklist = fileURLToPath(new URL("../../../../../shared/wire/conformance-checklist.md", import.meta.url));

test.skipIf(!existsSync(checklist))(
  "every line of the checklist has its key (skipped where the checklist is absent)",
  () => {
    const text = readFileSync(checklist, "utf8");
    // The last of its first part stand in one line, with their numbers alone.
    const keys = [...text.matchAll(/^([QT]\d+)\. /gm)].map(([, key]) => key);
    const more = [...(/^\*\*All:\*\* (.*)$/m.exec(text)?.[1]?.matchAll(/(?:^| )(\d{3})\. /g) ?? [])].map(
      ([, number]) => `Q${number}`,
    );
    const known = Object.values(groups).flatMap((lines) => Object.keys(lines));
    expect(new Set(known)).toEqual(new Set([...keys, ...more]));
  },
);
