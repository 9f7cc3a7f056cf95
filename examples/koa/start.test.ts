import { expect, test } from "vitest";
import { ask, testExample, useExample } from "../test-example.ts";

const model = "anthropic/claude-haiku-4-5";
const example = useExample("koa");

test("a page of the app says what was spent", async () => {
  await ask(example(), { model });
  const page = await fetch(new URL("/", example().url));
  expect(await page.text()).toMatch(/^1 calls, 0\.0\d+ dollars$/);
});

testExample("koa", example, model);
