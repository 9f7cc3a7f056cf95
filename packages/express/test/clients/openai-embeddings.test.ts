import { createOpenAI } from "@ai-sdk/openai";
import { OpenAIEmbeddings } from "@langchain/openai";
import { cosineSimilarity, embedMany } from "ai";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { apiKey, failureOf, hostOfFile } from "./host.ts";

const host = hostOfFile();
const baseURL = (): string => `${host().origin}/v1`;
const client = (): OpenAI => new OpenAI({ apiKey, baseURL: baseURL(), maxRetries: 0 });

const texts = ["Rain fell in Rome", "In Rome rain falls", "The bank lends money"];

/** The first two texts mean much the same. */
const expectMeaning = (vectors: readonly (number[] | undefined)[]): void => {
  const [rain = [], rainy = [], loan = []] = vectors;
  expect(cosineSimilarity(rain, rainy)).toBeGreaterThan(cosineSimilarity(rain, loan) + 0.3);
};

describe.each(["openai/text-embedding-3-small", "house/any-embedder"])("vectors of %s", (model) => {
  test("come to the official SDK as bytes and as numbers", async () => {
    const bytes = await client().embeddings.create({ model, input: texts });
    expect(bytes.data).toHaveLength(texts.length);
    expectMeaning(bytes.data.map(({ embedding }) => embedding));
    const numbers = await client().embeddings.create({ model, input: texts, encoding_format: "float" });
    expect(numbers.data).toEqual(bytes.data);
    expect(numbers.usage.total_tokens).toBeGreaterThan(0);
  });

  test("come as short as they are asked for", async () => {
    const answer = await client().embeddings.create({ model, input: "Rain", dimensions: 8 });
    expect(answer.data[0]?.embedding).toHaveLength(8);
  });

  test("come to the AI SDK and to LangChain", async () => {
    const openai = createOpenAI({ apiKey, baseURL: baseURL() });
    const { embeddings } = await embedMany({ model: openai.textEmbeddingModel(model), values: texts, maxRetries: 0 });
    expect(embeddings).toHaveLength(texts.length);
    expectMeaning(embeddings);
    const langchain = new OpenAIEmbeddings({ apiKey, model, maxRetries: 0, configuration: { baseURL: baseURL() } });
    expectMeaning(await langchain.embedDocuments(texts));
  });
});

test.each([
  [400, OpenAI.BadRequestError, "openai/fault:400"],
  [404, OpenAI.NotFoundError, "nobody/knows-it"],
  [429, OpenAI.RateLimitError, "house/fault:429"],
])("an error with %i", async (status, type, model) => {
  const error = await failureOf(client().embeddings.create({ model, input: "x" }));
  expect(error).toBeInstanceOf(type);
  expect(error).toHaveProperty("status", status);
});
