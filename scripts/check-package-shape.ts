/**
 * Packs every public package as it would be published and looks whether its exports, types and files hold together.
 *
 * Usage: npm run shape (after a build)
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tool = (name: string): string => join(root, "node_modules/.bin", name);
const run = (command: string, args: readonly string[], cwd: string): void => {
  execFileSync(command, args, { cwd, stdio: "inherit" });
};

const packages = readdirSync(join(root, "packages"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => join(root, "packages", name));

const folder = mkdtempSync(join(tmpdir(), "shape-"));
try {
  for (const path of packages) {
    const { name } = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as { readonly name: string };
    console.log(`\n${name}`);
    run("npx", ["--yes", "pnpm@12.21.0", "pack", "--pack-destination", folder], path);
    const stem = name.replace("@", "").replace("/", "-");
    const tarball = readdirSync(folder).find((file) => file.startsWith(`${stem}-`));
    if (tarball === undefined) throw new Error(`pnpm pack made no tarball for ${name}.`);
    run(tool("publint"), ["run", join(folder, tarball), "--strict"], root);
    run(tool("attw"), [join(folder, tarball), "--profile", "esm-only"], root);
  }
} finally {
  rmSync(folder, { recursive: true });
}
