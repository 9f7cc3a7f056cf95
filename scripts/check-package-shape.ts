/**
 * Packs every public package as it would be published and looks whether its exports, types and files hold together.
 *
 * Usage: npm run shape (after a build)
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packInto, root } from "./pack.ts";

const run = (tool: string, args: readonly string[]): void => {
  execFileSync(join(root, "node_modules/.bin", tool), args, { cwd: root, stdio: "inherit" });
};

const folder = mkdtempSync(join(tmpdir(), "shape-"));
try {
  for (const [name, tarball] of packInto(folder)) {
    console.log(`\n${name}`);
    run("publint", ["run", tarball, "--strict"]);
    run("attw", [tarball, "--profile", "esm-only"]);
  }
} finally {
  rmSync(folder, { recursive: true });
}
