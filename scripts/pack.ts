import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The repository's own folder. */
export const root: string = fileURLToPath(new URL("..", import.meta.url));

/** Packs every public package into a folder, as it would be published. Brings its tarballs by the packages' names. */
export const packInto = (folder: string): ReadonlyMap<string, string> => {
  const pack = ["--yes", "pnpm@12.21.0", "--filter", "./packages/*", "pack", "--pack-destination", folder, "--json"];
  const output = execFileSync("npx", pack, { cwd: root, encoding: "utf8" });
  const packed = JSON.parse(output) as readonly { readonly name: string; readonly filename: string }[];
  return new Map(packed.map(({ name, filename }) => [name, filename]));
};
