import { describe, expect, test } from "vitest";
import { bedrock, cohere, createGateway, gemini, ollama, provider, type Provider } from "../src/index.ts";
import { createFakeTransport } from "../src/testing/index.ts";

const vectors = [
  [0.5, -0.25],
  [1, 0],
];

interface Body {
  readonly data: readonly { readonly embedding: unknown }[];
  readonly usage: { readonly prompt_tokens: number };
  readonly error: { readonly code: string; readonly param: string; readonly message: string };
}

/** Asks one provider, which answers with this. */
const ask = async (from: Provider, request: object, answer: unknown, status = 200) => {
  const transport = createFakeTransport(() => ({ status, body: JSON.stringify(answer) }));
  const gateway = createGateway({ providers: [from], transport });
  const response = await gateway.fetchAs({ id: "ada" })("http://gateway.test/v1/embeddings", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  const [sent] = transport.requests;
  return {
    response,
    body: (await response.json()) as Body,
    url: sent?.url,
    sent: sent === undefined ? undefined : JSON.parse(String(sent.body)),
  };
};

const embeddingsOf = (body: Body): unknown[] => body.data.map(({ embedding }) => embedding);

const input = ["a", "b"];
const cohereTexts = { texts: input, input_type: "search_query", embedding_types: ["float"], truncate: "NONE" };

interface Case {
  readonly from: Provider;
  readonly model: string;
  readonly url: string;
  readonly sent: object;
  readonly answer: unknown;
  readonly tokens: number;
}

const cases: Readonly<Record<string, Case>> = {
  gemini: {
    from: gemini({ apiKey: "k" }),
    model: "gemini-embedding-001",
    url: "https://generativelanguage.googleapis.com/v1beta/models/gemini-embedding-001:batchEmbedContents",
    sent: {
      requests: input.map((text) => ({
        model: "models/gemini-embedding-001",
        content: { parts: [{ text }] },
        outputDimensionality: 2,
        taskType: "RETRIEVAL_QUERY",
      })),
    },
    answer: { embeddings: vectors.map((values) => ({ values })), usageMetadata: { promptTokenCount: 7 } },
    tokens: 7,
  },
  cohere: {
    from: cohere({ apiKey: "k" }),
    model: "embed-v4.0",
    url: "https://api.cohere.com/v2/embed",
    sent: { model: "embed-v4.0", ...cohereTexts, output_dimension: 2 },
    answer: { id: "x", embeddings: { float: vectors }, meta: { billed_units: { input_tokens: 7 } } },
    tokens: 7,
  },
  ollama: {
    from: ollama(),
    model: "nomic-embed-text",
    url: "http://127.0.0.1:11434/api/embed",
    sent: { model: "nomic-embed-text", input, dimensions: 2, truncate: false },
    answer: { model: "nomic-embed-text", embeddings: vectors, prompt_eval_count: 7 },
    tokens: 7,
  },
  "cohere on bedrock": {
    from: bedrock({ apiKey: "k", region: "us-east-1" }),
    model: "cohere.embed-v4:0",
    url: "https://bedrock-runtime.us-east-1.amazonaws.com/model/cohere.embed-v4%3A0/invoke",
    sent: { ...cohereTexts, output_dimension: 2 },
    answer: { embeddings: { float: vectors } },
    tokens: 0,
  },
  voyage: {
    from: provider("voyage", { apiKey: "k" }),
    model: "voyage-3.5",
    url: "https://api.voyageai.com/v1/embeddings",
    sent: { model: "voyage-3.5", input, output_dimension: 2, input_type: "search_query" },
    answer: { data: vectors.map((embedding, index) => ({ index, embedding })), usage: { total_tokens: 7 } },
    tokens: 7,
  },
  mistral: {
    from: provider("mistral", { apiKey: "k" }),
    model: "codestral-embed",
    url: "https://api.mistral.ai/v1/embeddings",
    sent: { model: "codestral-embed", input, output_dimension: 2 },
    answer: { data: vectors.map((embedding, index) => ({ index, embedding })), usage: { prompt_tokens: 7 } },
    tokens: 7,
  },
};

describe.each(Object.entries(cases))("%s", (_, { from, model, url, sent, answer, tokens }) => {
  const asked = { model: `${from.id}/${model}`, input, dimensions: 2, input_type: "search_query" };

  test("is asked in its own words, and its vectors come back in the order of the inputs", async () => {
    const found = await ask(from, asked, answer);
    expect([found.url, found.sent]).toEqual([url, sent]);
    expect(embeddingsOf(found.body)).toEqual(vectors);
    expect(found.body.usage.prompt_tokens).toBe(tokens);
  });

  test("gives base64 to who asks for it", async () => {
    const { body } = await ask(from, { ...asked, encoding_format: "base64" }, answer);
    expect(embeddingsOf(body)).toEqual(
      vectors.map((vector) => Buffer.from(Float32Array.from(vector).buffer).toString("base64")),
    );
  });

  test("is not believed where it answers with something else", async () => {
    const { response, body } = await ask(from, asked, { embeddings: [[1]], data: [] });
    expect([response.status, body.error.code]).toEqual([502, "upstream_invalid_response"]);
  });

  test("is told nothing of a user where it knows none", async () => {
    const { response, sent: body } = await ask(from, { ...asked, user: "u" }, answer);
    const dropped = response.headers.get("x-llm-gateway-dropped")?.split(", ") ?? [];
    expect("user" in body).toBe(!dropped.includes("user"));
  });
});

describe("titan on bedrock", () => {
  const from = bedrock({ apiKey: "k", region: "us-east-1" });
  const model = "bedrock/amazon.titan-embed-text-v2:0";

  test("embeds one text", async () => {
    const { sent, body } = await ask(
      from,
      { model, input: "a", dimensions: 2 },
      { embedding: vectors[0], inputTextTokenCount: 3 },
    );
    expect(sent).toEqual({ inputText: "a", dimensions: 2 });
    expect(embeddingsOf(body)).toEqual([vectors[0]]);
    expect(body.usage).toEqual({ prompt_tokens: 3, total_tokens: 3 });
  });

  test("refuses several, saying what to do", async () => {
    const { response, body, url } = await ask(from, { model, input }, {});
    expect([response.status, body.error.param, url]).toEqual([400, "input", undefined]);
    expect(body.error.message).toContain("Send a request for each");
  });
});

test.each([
  [cohere({ apiKey: "k" }), "embed-v4.0"],
  [provider("mistral", { apiKey: "k" }), "mistral-embed"],
  [provider("voyage", { apiKey: "k" }), "voyage-3.5"],
])("token numbers are refused by who cannot read them: $id", async (from, model) => {
  const { response, body, url } = await ask(from, { model: `${from.id}/${model}`, input: [1, 2] }, {});
  expect([response.status, body.error.param, url]).toEqual([400, "input", undefined]);
});
