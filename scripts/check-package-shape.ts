/**
 * Packs every public package as it would be published and looks whether its exports, types and files hold together.
 *
 * Usage: npm run shape (after a build)
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { packInto, root } from "./pack.ts";

interface Said {
  readonly stdout: string;
  readonly stderr: string;
}

/** What a tool says of a tarball, told only where it finds something wrong. */
const check = async (name: string, tool: string, args: readonly string[]): Promise<void> => {
  try {
    await promisify(execFile)(join(root, "node_modules/.bin", tool), args, { cwd: root });
    console.log(`${name}: ${tool} finds nothing wrong.`);
  } catch (error) {
    // What a process that ends with a code brings as its error.
    const { stdout, stderr } = error as Said;
    console.error(`${name}: ${tool} says\n${stdout}${stderr}`);
    process.exitCode = 1;
  }
};

const folder = mkdtempSync(join(tmpdir(), "shape-"));
try {
  const checks = [...packInto(folder)].flatMap(([name, tarball]) => [
    check(name, "publint", ["run", tarball, "--strict"]),
    check(name, "attw", [tarball, "--profile", "esm-only"]),
  ]);
  await Promise.all(checks);
} finally {
  rmSync(folder, { recursive: true });
}
