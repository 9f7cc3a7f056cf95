import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

const files: Readonly<Record<string, string>> = {
  "chat/up.ts": 'import { stage } from "../stages/stage.ts";\nexport const up: string = stage;\n',
  "chat/word.ts": 'export const word = "fine";\n',
  "stages/stage.ts": 'export const stage = "fine";\n',
  "stages/down.ts": 'import { word } from "../chat/word.ts";\nexport const down: string = word;\n',
  "gateway.ts": 'import { fake } from "./testing/fake.ts";\nexport const gateway: string = fake;\n',
  "gateway.test.ts": 'import { fake } from "./testing/fake.ts";\nexport const same: string = fake;\n',
  "explain/explain.ts": 'export const explain = "fine";\n',
  "testing/fake.ts": 'export const fake = "fake";\n',
  "testing/contract.ts": 'import { explain } from "../explain/explain.ts";\nexport const contract: string = explain;\n',
  "chat/a.ts": 'import { b } from "./b.ts";\nexport const a = (): string => b();\n',
  "chat/b.ts": 'import { a } from "./a.ts";\nexport const b = (): string => a();\n',
};

interface Report {
  readonly diagnostics: readonly { readonly filename: string; readonly code: string; readonly help: string }[];
}

/** What the linter says under the project's own rules, for each file of a small core. */
const lint = async (): Promise<ReadonlyMap<string, string>> => {
  const folder = await mkdtemp(join(tmpdir(), "layers-"));
  const core = "packages/core/src/";
  try {
    await copyFile(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, core, path)), { recursive: true });
      await writeFile(join(folder, core, path), text);
    }
    const oxlint = join(root, "node_modules/.bin/oxlint");
    const report = await promisify(execFile)(oxlint, ["--format", "json"], { cwd: folder }).then(
      ({ stdout }) => stdout,
      (error: { readonly stdout: string }) => error.stdout,
    );
    // The linter's own format, of which only this is looked at.
    const { diagnostics } = JSON.parse(report) as Report;
    return new Map(
      Object.keys(files).map((path) => {
        const own = diagnostics.filter(({ filename }) => filename.endsWith(core + path));
        return [path, own.map(({ code, help }) => `${code}: ${help}`).join("\n")];
      }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
};

let said: ReadonlyMap<string, string>;
beforeAll(async () => {
  said = await lint();
});

test("an import that goes up the layers is refused", () => {
  expect(said.get("chat/up.ts")).toContain("Imports only go down: chat");
});

test("an import that goes down the layers is not", () => {
  expect(said.get("stages/down.ts")).not.toContain("Imports only go down");
});

test("nothing but tests may import what tests are written with", () => {
  expect(said.get("gateway.ts")).toContain("Imports only go down: gateway");
  expect(said.get("gateway.test.ts")).not.toContain("Imports only go down");
});

test("which itself may import everything", () => {
  expect(said.get("testing/contract.ts")).not.toContain("Imports only go down");
});

test("a circle of imports is refused", () => {
  expect(said.get("chat/a.ts")).toContain("no-cycle");
});
