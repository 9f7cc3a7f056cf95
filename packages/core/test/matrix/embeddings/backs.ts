import type { Json } from "../../recordings/fixtures.ts";

/** A provider that makes vectors: what it reads of a request in its own words, and how it answers. */
export interface EmbeddingBack {
  readonly name: string;
  /** The provider's id and a model. */
  readonly model: string;
  readonly read: (body: Json) => { readonly texts: unknown; readonly dimensions: unknown };
  readonly answer: (vectors: readonly (readonly number[])[], tokens: number, body: Json) => object;
  /** It embeds one text at a time. */
  readonly isSingle?: true;
  /** It takes what is already tokens. */
  readonly takesTokens?: true;
  /** Its answer does not say how many tokens it read. */
  readonly countsNothing?: true;
}

const base64 = (vector: readonly number[]): string => Buffer.from(Float32Array.from(vector).buffer).toString("base64");

const openaiAnswer: EmbeddingBack["answer"] = (vectors, tokens, { model, encoding_format: format }) => ({
  object: "list",
  model,
  data: vectors.map((vector, index) => ({
    object: "embedding",
    index,
    embedding: format === "base64" ? base64(vector) : vector,
  })),
  usage: { prompt_tokens: tokens, total_tokens: tokens },
});

const openaiLike = {
  read: ({ input, dimensions }: Json) => ({ texts: input, dimensions }),
  answer: openaiAnswer,
  takesTokens: true,
} as const;

// What a request of the format holds, all of it the gateway's own: it fails the test where it is of another form.
interface GeminiRequests {
  readonly requests: readonly {
    readonly content: { readonly parts: readonly { readonly text: string }[] };
    readonly outputDimensionality?: number;
  }[];
}

const cohereLike = {
  read: ({ texts, output_dimension: dimensions }: Json) => ({ texts, dimensions }),
};

export const embeddingBacks: readonly EmbeddingBack[] = [
  { name: "openai", model: "openai/text-embedding-3-small", ...openaiLike },
  { name: "azure", model: "azure/text-embedding-3-small", ...openaiLike },
  {
    name: "mistral",
    model: "mistral/codestral-embed",
    read: ({ input, output_dimension: dimensions }) => ({ texts: input, dimensions }),
    answer: openaiAnswer,
  },
  {
    name: "voyage",
    model: "voyage/voyage-3.5",
    read: ({ input, output_dimension: dimensions }) => ({ texts: input, dimensions }),
    answer: (vectors, tokens) => ({
      object: "list",
      data: vectors.map((embedding, index) => ({ object: "embedding", index, embedding })),
      usage: { total_tokens: tokens },
    }),
  },
  {
    name: "gemini",
    model: "gemini/gemini-embedding-001",
    read: (body) => {
      const { requests } = body as unknown as GeminiRequests;
      const texts = requests.map(({ content }) => content.parts.map(({ text }) => text).join(""));
      return { texts, dimensions: requests[0]?.outputDimensionality };
    },
    answer: (vectors, tokens) => ({
      embeddings: vectors.map((values) => ({ values })),
      usageMetadata: { promptTokenCount: tokens },
    }),
  },
  {
    name: "cohere",
    model: "cohere/embed-v4.0",
    ...cohereLike,
    answer: (float, tokens) => ({
      id: "1",
      embeddings: { float },
      meta: { billed_units: { input_tokens: tokens } },
    }),
  },
  {
    name: "cohere on bedrock",
    model: "bedrock/cohere.embed-v4:0",
    ...cohereLike,
    answer: (float) => ({ embeddings: { float } }),
    countsNothing: true,
  },
  {
    name: "titan on bedrock",
    model: "bedrock/amazon.titan-embed-text-v2:0",
    read: ({ inputText, dimensions }) => ({ texts: inputText, dimensions }),
    answer: ([embedding], tokens) => ({ embedding, inputTextTokenCount: tokens }),
    isSingle: true,
  },
  {
    name: "ollama",
    model: "ollama/nomic-embed-text",
    read: ({ input, dimensions }) => ({ texts: input, dimensions }),
    answer: (embeddings, tokens) => ({ model: "nomic-embed-text", embeddings, prompt_eval_count: tokens }),
  },
];
