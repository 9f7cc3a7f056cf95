import type OpenAI from "openai";
import { dataOf } from "./recording.ts";
import { tidy, type Said, type SaidUsage } from "./said.ts";

type Chunk = OpenAI.ChatCompletionChunk;
type Completion = OpenAI.ChatCompletion;
type Usage = OpenAI.CompletionUsage & { readonly prompt_tokens_details?: { readonly cache_write_tokens?: number } };

/** A message or a delta, with the fields in which reasoning travels. */
interface Piece {
  readonly content?: string | null;
  readonly refusal?: string | null;
  readonly reasoning_content?: string;
}

interface Tool {
  readonly id?: string;
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

const usageOf = (usage: Usage | null | undefined): SaidUsage | undefined =>
  usage
    ? {
        input: usage.prompt_tokens,
        output: usage.completion_tokens,
        cacheRead: usage.prompt_tokens_details?.cached_tokens,
        cacheWrite: usage.prompt_tokens_details?.cache_write_tokens,
        reasoning: usage.completion_tokens_details?.reasoning_tokens,
      }
    : undefined;

const callOf = ({ id, function: called }: Tool) => ({
  id: id,
  name: called?.name ?? "",
  arguments: tidy(called?.arguments ?? ""),
});

/** Reads a whole completion. */
export const readCompletion = ({ id, model, choices, usage }: Completion): Said => ({
  id,
  model,
  choices: choices.map(({ message, finish_reason: finish }) => {
    const { content, refusal, reasoning_content: reasoning } = message as Piece;
    return {
      text: content ?? "",
      reasoning: reasoning === undefined ? [] : [reasoning],
      refusal: refusal ?? "",
      calls: (message.tool_calls ?? []).map((call) => callOf(call as Tool)),
      finish,
    };
  }),
  usage: usageOf(usage),
});

/** Reads the chunks of a stream by adding up their deltas. */
export const readChunks = (chunks: readonly Chunk[]): Said => {
  const first = chunks.find(({ choices }) => choices.length > 0);
  const all = chunks.flatMap(({ choices }) => choices);
  const indexes = [...new Set(all.map(({ index }) => index))].toSorted((a, b) => a - b);
  return {
    id: first?.id,
    model: first?.model,
    choices: indexes.map((index) => {
      const own = all.filter((choice) => choice.index === index);
      const deltas = own.map(({ delta }) => delta as Piece);
      const reasoning = deltas.map((delta) => delta.reasoning_content ?? "").join("");
      return {
        text: deltas.map(({ content }) => content ?? "").join(""),
        reasoning: reasoning === "" ? [] : [reasoning],
        refusal: deltas.map(({ refusal }) => refusal ?? "").join(""),
        calls: addUpCalls(own.flatMap(({ delta }) => delta.tool_calls ?? [])),
        finish: own.find(({ finish_reason: finish }) => finish !== null)?.finish_reason ?? null,
      };
    }),
    usage: usageOf(chunks.findLast(({ usage }) => usage)?.usage),
  };
};

type ToolPiece = NonNullable<Chunk["choices"][number]["delta"]["tool_calls"]>[number];

const addUpCalls = (pieces: readonly ToolPiece[]): Said["choices"][number]["calls"] => {
  const indexes = [...new Set(pieces.map(({ index }) => index))].toSorted((a, b) => a - b);
  return indexes.map((index) => {
    const own = pieces.filter((piece) => piece.index === index);
    const id = own.find((piece) => piece.id)?.id;
    const name = own.map((piece) => piece.function?.name ?? "").join("");
    const text = own.map((piece) => piece.function?.arguments ?? "").join("");
    return { ...callOf({ function: { name, arguments: text } }), id };
  });
};

/** The chunks of a recorded stream, up to its end mark. */
export const chunksIn = (stream: string): readonly Chunk[] => {
  const data = dataOf(stream);
  return data.slice(0, data.indexOf("[DONE]")).map((chunk) => JSON.parse(chunk) as Chunk);
};
