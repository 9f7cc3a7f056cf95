import { expect, test } from "vitest";
import { ask, startExample, testExample, useExample, type RunningExample } from "../test-example.ts";

const example = useExample("custom-stage");

const tokensLeft = async (running: RunningExample, key: string): Promise<unknown> => {
  const response = await fetch(new URL("/me", running.url), { headers: { authorization: `Bearer ${key}` } });
  const { tokensLeft: left } = (await response.json()) as { readonly tokensLeft: unknown };
  return left;
};

test("everybody gets a model of their plan", async () => {
  const targetFor = async (key: string): Promise<string | null> =>
    (await ask(example(), { key, model: "assistant" })).headers.get("x-llm-gateway-target");
  expect(await targetFor("ada-key")).toBe("anthropic/claude-sonnet-4-5");
  expect(await targetFor("bob-key")).toBe("openai/gpt-5-mini");

  const refused = await ask(example(), { key: "bob-key", model: "anthropic/claude-sonnet-4-5" });
  expect(refused.status).toBe(404);
  expect(await refused.json()).toMatchObject({ error: { message: expect.stringContaining("free") } });
});

test("what an answer used is booked to its user, whole or streamed, until nothing is left", async () => {
  // One that nobody has asked yet.
  const fresh = await startExample("custom-stage");
  const bob = { key: "bob-key", model: "assistant" };
  const whole = (await (await ask(fresh, bob)).json()) as { readonly usage: { readonly total_tokens: number } };
  const used = whole.usage.total_tokens;
  expect(used).toBeGreaterThan(0);
  expect(await tokensLeft(fresh, "bob-key")).toBe(20 - used);

  await (await ask(fresh, { ...bob, stream: true })).text();
  expect(await tokensLeft(fresh, "bob-key")).toBe(20 - 2 * used);

  const refused = await ask(fresh, bob);
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ error: { code: "budget_exceeded" } });
  expect(await tokensLeft(fresh, "ada-key")).toBe(100_000);
});

testExample("custom-stage", example, "assistant");
