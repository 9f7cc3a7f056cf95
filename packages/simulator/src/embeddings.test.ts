import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { embeddingsPath, post, type Body } from "../test/client.ts";
import { startSimulator, type Simulator } from "./simulator.ts";

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.reset());
afterAll(() => simulator.close());

const model = "text-embedding-3-small";
const send = (body: unknown, path = embeddingsPath): Promise<Response> => post(simulator, path, body);
// Answers are looked into freely here; each expectation is the check.
// oxlint-disable-next-line typescript/no-explicit-any
const ask = async (body: Body): Promise<any> => (await send({ model, ...body })).json();

test("one for each input, in order, with the tokens counted", async () => {
  const answer = await ask({ input: ["rain in Rome", "sun"], dimensions: 8 });
  expect(answer).toMatchObject({
    object: "list",
    model,
    data: [
      { object: "embedding", index: 0 },
      { object: "embedding", index: 1 },
    ],
    usage: { prompt_tokens: 4, total_tokens: 4 },
  });
  expect(answer.data[0].embedding).toHaveLength(8);
  expect((await ask({ input: "sun", dimensions: 8 })).data[0].embedding).toEqual(answer.data[1].embedding);
});

test("the official SDK reads bytes as the same numbers as text", async () => {
  const client = new OpenAI({ apiKey: "any", baseURL: `${simulator.url}/openai/v1`, maxRetries: 0 });
  const bytes = await client.embeddings.create({ model, input: "rain" });
  expect(simulator.requests[0]?.body).toMatchObject({ encoding_format: "base64" });
  const text = await client.embeddings.create({ model, input: "rain", encoding_format: "float" });
  expect(bytes.data[0]?.embedding).toHaveLength(1_536);
  expect(bytes.data[0]?.embedding).toEqual(text.data[0]?.embedding);
});

test("tokens may be given as numbers", async () => {
  expect((await ask({ input: [1, 2, 3], dimensions: 4 })).usage.total_tokens).toBe(3);
  expect((await ask({ input: [[1], [2, 3]], dimensions: 4 })).data).toHaveLength(2);
});

test.each<[Body, string]>([
  [{}, "expected a string"],
  [{ input: "" }, "empty string"],
  [{ input: [] }, "empty array"],
  [{ input: [1.5] }, "expected a string"],
  [{ input: "x", dimensions: 0 }, "dimensions"],
  [{ input: "x", dimensions: 4_000 }, "dimensions"],
  [{ input: "x", encoding_format: "hex" }, "encoding_format"],
  [{ input: "x", truncate: true }, "Unknown parameter: 'truncate'"],
  [{ input: "x", model: "text-embedding-ada-002", dimensions: 4 }, "does not support"],
  [{ input: "x", model: "" }, "model"],
])("%j is refused", async (fields, message) => {
  const response = await send({ model, ...fields });
  expect(response.status).toBe(400);
  expect(JSON.stringify(await response.json())).toContain(message);
});

test("a compatible server takes unknown fields", async () => {
  expect((await send({ model, input: "x", truncate: true }, "/v1/embeddings")).status).toBe(200);
});

test("scripts that say something are for chats; others and faults strike here too", async () => {
  simulator.script({ provider: "openai", reply: { text: "hello" } });
  simulator.script({ provider: "openai", fault: "503", times: 1 });
  expect((await send({ model, input: "x" })).status).toBe(503);
  expect((await send({ model, input: "x" })).status).toBe(200);
  expect((await send({ model: "fault:429", input: "x" })).status).toBe(429);
  expect((await send({ model: "fault:content-filter-output", input: "x" })).status).toBe(400);
});
