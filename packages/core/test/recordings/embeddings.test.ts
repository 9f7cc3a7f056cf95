import OpenAI from "openai";
import { afterAll, describe, expect, test } from "vitest";
import { isRefusal, named } from "./answers.ts";
import { allRecordings, present } from "./fixtures.ts";
import { chatFront } from "./fronts/chat.ts";
import { openHouse } from "./house.ts";
import { embeddingDialects, readVectors } from "./read-embeddings.ts";
import { refusalOf } from "./refusals.ts";

const recordings = allRecordings.filter(({ dialect }) => embeddingDialects.has(dialect));

describe.skipIf(!present)("recorded embeddings (skipped where the recordings are absent)", () => {
  const house = openHouse(recordings);
  afterAll(() => house.close());
  const { origin, fetch } = house.door;
  const client = new OpenAI({ apiKey: "none", maxRetries: 0, timeout: 10_000, baseURL: `${origin}/v1`, fetch });

  test("are there", () => {
    expect(recordings.length).toBeGreaterThan(10);
  });

  test.each(named(recordings.filter((recording) => !isRefusal(recording))))("%s", async (_, recording) => {
    const { vectors, inputTokens } = readVectors(recording);
    const input = vectors.map((_vector, index) => `Text ${index}`);
    const model = house.play(recording);
    const asked = await client.embeddings.create({ model, input, encoding_format: "float" });
    expect(asked.data.map(({ embedding }) => embedding)).toEqual(vectors);
    expect(asked.data.map(({ index }) => index)).toEqual([...vectors.keys()]);
    expect(asked.usage?.prompt_tokens).toBe(inputTokens);
    // Unasked, the SDK has them sent as 32-bit floats.
    const usual = await client.embeddings.create({ model, input });
    expect(usual.data.map(({ embedding }) => embedding)).toEqual(vectors.map((vector) => vector.map(Math.fround)));
  });

  test.each(named(recordings.filter(isRefusal)))("is told why: %s", async (_, recording) => {
    const asked = client.embeddings.create({ model: house.play(recording), input: "Hello" });
    const thrown = await asked.then(
      () => undefined,
      (error: unknown) => chatFront.readThrown(error),
    );
    expect(thrown?.told).toEqual(chatFront.tellFailure(refusalOf(recording), false));
  });
});
