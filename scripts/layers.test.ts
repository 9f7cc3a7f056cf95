import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What the linter says of a small tree under the project's own rules. */
const lint = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "layers-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await copyFile(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const oxlint = join(root, "node_modules/.bin/oxlint");
  const run = promisify(execFile)(oxlint, ["--format", "json"], { cwd: folder });
  return run.then(
    ({ stdout }) => stdout,
    (error: { readonly stdout: string }) => error.stdout,
  );
};

test("an import that goes up the layers is refused", async () => {
  const report = await lint({
    "packages/core/src/chat/broken.ts":
      'import { stage } from "../stages/fine.ts";\nexport const broken: string = stage;\n',
    "packages/core/src/stages/fine.ts": 'export const stage = "fine";\n',
  });
  expect(report).toContain("Imports only go down: chat");
});

test("an import that goes down the layers is not", async () => {
  const report = await lint({
    "packages/core/src/chat/fine.ts": 'export const word = "fine";\n',
    "packages/core/src/stages/fine.ts": 'import { word } from "../chat/fine.ts";\nexport const stage: string = word;\n',
  });
  expect(report).not.toContain("Imports only go down");
});

test("nothing but tests may import what tests are written with", async () => {
  const report = await lint({
    "packages/core/src/gateway.ts": 'import { fake } from "./testing/fake.ts";\nexport const gateway: string = fake;\n',
    "packages/core/src/gateway.test.ts":
      'import { fake } from "./testing/fake.ts";\nexport const same: string = fake;\n',
    "packages/core/src/testing/fake.ts": 'export const fake = "fake";\n',
  });
  expect(report.match(/Imports only go down: gateway/g)).toHaveLength(1);
});

test("which itself may import everything", async () => {
  const report = await lint({
    "packages/core/src/testing/contract.ts":
      'import { gateway } from "../gateway.ts";\nexport const contract: string = gateway;\n',
    "packages/core/src/gateway.ts": 'export const gateway = "fine";\n',
  });
  expect(report).not.toContain("Imports only go down");
});

test("a circle of imports is refused", async () => {
  const report = await lint({
    "packages/core/src/chat/a.ts": 'import { b } from "./b.ts";\nexport const a = (): string => b();\n',
    "packages/core/src/chat/b.ts": 'import { a } from "./a.ts";\nexport const b = (): string => a();\n',
  });
  expect(report).toContain("no-cycle");
});
