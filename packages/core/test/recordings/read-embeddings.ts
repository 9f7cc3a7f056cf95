import type { Recording } from "./fixtures.ts";

/** Vectors, one for each text, and how many tokens those were, where that is said. */
export interface Vectors {
  readonly vectors: readonly (readonly number[])[];
  readonly inputTokens?: number | undefined;
}

interface OpenaiBody {
  readonly data: readonly { readonly embedding: readonly number[] }[];
  readonly usage?: { readonly prompt_tokens?: number; readonly total_tokens?: number };
}

interface GeminiBody {
  readonly embeddings: readonly { readonly values: readonly number[] }[];
  readonly usageMetadata?: { readonly promptTokenCount?: number };
}

interface CohereBody {
  readonly embeddings: { readonly float: readonly (readonly number[])[] };
  readonly meta?: { readonly billed_units?: { readonly input_tokens?: number } };
}

const readers: Readonly<Record<string, (body: unknown) => Vectors>> = {
  "openai-embeddings": (body) => {
    const { data, usage } = body as OpenaiBody;
    return {
      vectors: data.map(({ embedding }) => embedding),
      inputTokens: usage?.prompt_tokens ?? usage?.total_tokens,
    };
  },
  "gemini-embeddings": (body) => {
    const { embeddings, usageMetadata } = body as GeminiBody;
    return { vectors: embeddings.map(({ values }) => values), inputTokens: usageMetadata?.promptTokenCount };
  },
  "cohere-embed": (body) => {
    const { embeddings, meta } = body as CohereBody;
    return { vectors: embeddings.float, inputTokens: meta?.billed_units?.input_tokens };
  },
};

/** The wire formats in which vectors can be read. */
export const embeddingDialects: ReadonlySet<string> = new Set(Object.keys(readers));

/** The vectors that a recording holds. */
export const readVectors = ({ dialect, body }: Recording): Vectors => {
  const read = readers[dialect];
  if (read === undefined) throw new Error(`Nobody reads ${dialect}.`);
  return read(JSON.parse(body.toString()));
};
