import { afterEach, describe, expect, test } from "vitest";
import {
  allowAnyone,
  azureOpenai,
  bedrock,
  cohere,
  createGateway,
  gemini,
  ollama,
  openai,
  provider,
  retry,
} from "../../../src/index.ts";
import { silent } from "../../../src/testing/adapter/start-host.ts";
import { createFakeTransport } from "../../../src/testing/index.ts";
import type { Json } from "../../recordings/fixtures.ts";
import { expectRefusal } from "../expect-refusal.ts";
import { chat } from "../fronts/chat.ts";
import { embeddingBacks, type EmbeddingBack } from "./backs.ts";
import { embeddingFeatures, outcomeOfEmbedding, statusTroubles, type EmbeddingFeature } from "./expected.ts";

const tokens = 7;

/** Numbers that four bytes can hold, another list for each text. */
const vectorOf = (text: unknown, length: number): readonly number[] =>
  Array.from({ length }, (_, index) => (JSON.stringify(text).length + index) / 16);

/** The texts as a list, whether one stands alone or not. */
const listOf = (texts: unknown): readonly unknown[] => {
  const isAlone = !Array.isArray(texts) || texts.every((item) => typeof item === "number");
  // What is no list is one text.
  return isAlone ? [texts] : (texts as readonly unknown[]);
};

/** Providers that answer as their formats have it: the witness here is the table of the backs. */
const ask = async (back: EmbeddingBack, request: Json, status = 200) => {
  const transport = createFakeTransport(({ body }) => {
    const sent = JSON.parse(String(body)) as Json;
    const { texts, dimensions } = back.read(sent);
    const vectors = listOf(texts).map((text) => vectorOf(text, Number(dimensions ?? 4)));
    return { status, body: status === 200 ? back.answer(vectors, tokens, sent) : { message: "no" } };
  });
  const gateway = createGateway({
    providers: [
      openai({ apiKey: "k" }),
      azureOpenai({ apiKey: "k", resource: "acme" }),
      provider("mistral", { apiKey: "k" }),
      provider("voyage", { apiKey: "k" }),
      gemini({ apiKey: "k" }),
      cohere({ apiKey: "k" }),
      bedrock({ apiKey: "k", region: "us-east-1" }),
      ollama(),
    ],
    authenticate: allowAnyone(),
    transport,
    stages: (defaults) => defaults.map((stage) => (stage.name === "retry" ? retry({ attempts: 1 }) : stage)),
    logger: silent,
  });
  open.push(gateway);
  const response = await gateway.fetchAs({ id: "tester" })("http://gateway.test/v1/embeddings", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: back.model, ...request }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
};

const open: { readonly close: () => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((gateway) => gateway.close()));
});

interface Answer {
  readonly data: readonly { readonly index: number; readonly embedding: readonly number[] | string }[];
  readonly usage: { readonly prompt_tokens: number };
}

const vectorsIn = ({ data }: Answer): readonly unknown[] => data.map(({ embedding }) => embedding);

const read = (text: unknown): readonly number[] => {
  const bytes = Buffer.from(String(text), "base64");
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
};

interface Case {
  readonly asks: Json;
  readonly check: (answer: Answer, back: EmbeddingBack) => void;
}

const texts = ["rain", "sun and wind"];

const cases: Readonly<Record<EmbeddingFeature, Case>> = {
  "one text": {
    asks: { input: "rain" },
    check: (answer) => expect(vectorsIn(answer)).toEqual([vectorOf("rain", 4)]),
  },
  "several texts": {
    asks: { input: texts },
    check: (answer) => expect(vectorsIn(answer)).toEqual(texts.map((text) => vectorOf(text, 4))),
  },
  dimensions: {
    asks: { input: "rain", dimensions: 2 },
    check: (answer) => expect(vectorsIn(answer)).toEqual([vectorOf("rain", 2)]),
  },
  base64: {
    asks: { input: "rain", encoding_format: "base64" },
    check: (answer) => expect(vectorsIn(answer).map(read)).toEqual([vectorOf("rain", 4)]),
  },
  tokens: {
    asks: { input: [101, 102] },
    check: (answer) => expect(vectorsIn(answer)).toEqual([vectorOf([101, 102], 4)]),
  },
  usage: {
    asks: { input: "rain" },
    check: ({ usage }, { countsNothing }) => expect(usage.prompt_tokens).toBe(countsNothing ? 0 : tokens),
  },
};

describe.each(embeddingBacks.map((back) => [back.name, back] as const))("%s", (_back, back) => {
  test.each(embeddingFeatures)("%s", async (name) => {
    const { asks, check } = cases[name];
    const { status, headers, body } = await ask(back, asks);
    const outcome = outcomeOfEmbedding(name, back);
    expect(status).toBe(outcome.type === "refused" ? outcome.failure.status : 200);
    if (outcome.type === "refused") expectRefusal(chat, { status, headers, body }, outcome.failure);
    else check(body, back);
  });

  test.each(statusTroubles.map((trouble) => [trouble.name, trouble] as const))(
    "%s",
    async (_name, { fault, outcome }) => {
      const answer = await ask(back, { input: "rain" }, Number(fault));
      if (outcome.type !== "refused") throw new Error(`A status is no ${outcome.type}.`);
      expect(answer.status).toBe(outcome.failure.status);
      expectRefusal(chat, answer, outcome.failure);
    },
  );
});
