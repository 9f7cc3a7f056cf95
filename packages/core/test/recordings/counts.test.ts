import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { afterAll, describe, expect, test } from "vitest";
import { isRefusal, named } from "./answers.ts";
import { allRecordings, present } from "./fixtures.ts";
import { openHouse } from "./house.ts";
import { countDialects, readCount } from "./read-count.ts";

const recordings = allRecordings.filter(({ dialect }) => countDialects.has(dialect));

describe.skipIf(!present)("recorded counts of tokens (skipped where the recordings are absent)", () => {
  const house = openHouse(recordings);
  afterAll(() => house.close());
  const { origin, fetch } = house.door;
  const options = { apiKey: "none", maxRetries: 0, timeout: 10_000, fetch };
  const responses = new OpenAI({ ...options, baseURL: `${origin}/v1` });
  const messages = new Anthropic({ ...options, baseURL: origin });
  const gemini = new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl: origin, fetch } });
  const said = [{ role: "user" as const, content: "Hello" }];

  const fronts: readonly (readonly [string, (model: string) => Promise<number | undefined>])[] = [
    ["messages", async (model) => (await messages.messages.countTokens({ model, messages: said })).input_tokens],
    [
      "responses",
      async (model) => (await responses.responses.inputTokens.count({ model, input: "Hello" })).input_tokens,
    ],
    ["gemini", async (model) => (await gemini.models.countTokens({ model, contents: "Hello" })).totalTokens],
  ];

  test("are there", () => {
    expect(recordings.length).toBeGreaterThan(4);
  });

  describe.each(fronts)("clients of %s are told", (_, ask) => {
    test.each(named(recordings.filter((recording) => !isRefusal(recording))))("%s", async (_name, recording) => {
      expect(await ask(house.play(recording))).toBe(readCount(recording));
    });
  });

  test.each(named(recordings.filter(isRefusal)))("are told what the gateway thinks: %s", async (_, recording) => {
    const asked = messages.messages.countTokens({ model: house.play(recording), messages: said });
    const { data, response } = await asked.withResponse();
    expect(response.headers.get("x-llm-gateway-estimated")).toBe("true");
    expect(data.input_tokens).toBeGreaterThan(0);
  });
});
