import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { testExample, useExample } from "../test-example.ts";

// Decorators have to be compiled, those of the package too.
beforeAll(() => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  execFileSync("node_modules/.bin/tsc", ["--build", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
}, 60_000);

const example = useExample("nest", "built");

test("a controller of the application asks a model in the same process", async () => {
  const answer = await fetch(new URL("/rhymes/cat", example().url), { headers: { authorization: "Bearer ada-key" } });
  expect(await answer.text()).toContain("cat");
});

testExample("nest", example, "anthropic/claude-haiku-4-5");
