import { expect, test } from "vitest";
import { ask, startExample, testExample } from "../test-example.ts";

const model = "anthropic/claude-haiku-4-5";
testExample("koa", model);

test("a page of the app says what was spent", async () => {
  const example = await startExample("koa");
  await ask(example, { model });
  const page = await fetch(new URL("/", example.url));
  expect(await page.text()).toMatch(/^1 calls, 0\.0\d+ dollars$/);
}, 30_000);
