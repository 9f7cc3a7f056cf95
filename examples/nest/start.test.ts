import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { startExample, testExample } from "../test-example.ts";

// Decorators have to be compiled, those of the package too.
beforeAll(() => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  execFileSync("node_modules/.bin/tsc", ["--build", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
}, 60_000);

testExample("nest", "anthropic/claude-haiku-4-5", "built");

test("a controller of the application asks a model in the same process", async () => {
  const { url } = await startExample("nest", "built");
  const answer = await fetch(new URL("/rhymes/cat", url), { headers: { authorization: "Bearer ada-key" } });
  expect(await answer.text()).toContain("cat");
}, 30_000);
