import { expect, test } from "vitest";
import { ask, startExample } from "../test-example.ts";

test("the tour shows every kind of request, then the server stays up until it is interrupted", async () => {
  const example = await startExample("express");
  const { output } = example;
  expect(output).toContain("17 * 3 = 51.");
  expect(output).toContain("target anthropic/claude-haiku-4-5 · attempts 3");
  expect(output).toContain("cache hit");
  expect(output).toContain("my card is [CARD]");
  expect(output).toContain("400 content_filter");
  expect(output).toMatch(/translate-stream \(stream\) .*█/);

  const response = await ask(example, { model: "fast", content: "What is 2 * 3?" });
  expect(await response.json()).toMatchObject({ choices: [{ message: { content: "2 * 3 = 6." } }] });

  const interrupted = performance.now();
  expect(await example.interrupt()).toBe(0);
  expect(performance.now() - interrupted).toBeLessThan(4_000);
});
