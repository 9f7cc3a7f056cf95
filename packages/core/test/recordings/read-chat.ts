import { endingOf, tidy, type Ending, type Said, type SaidCall, type SaidChoice, type SaidUsage } from "./said.ts";

/** A message or a delta, with the fields in which servers of this dialect put reasoning. */
interface Piece {
  readonly content?: string | null | readonly ContentPart[] | object;
  readonly refusal?: string | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  readonly reasoning_details?: readonly Detail[];
  readonly tool_calls?: readonly Tool[] | null;
}

interface Detail {
  readonly index?: number;
  readonly text?: string;
  readonly summary?: string;
}

/** Some servers give content as parts, and thoughts among them. */
interface ContentPart {
  readonly type: string;
  readonly text?: string;
  readonly thinking?: readonly { readonly text?: string }[];
  readonly summary?: readonly { readonly text?: string }[];
}

interface Tool {
  readonly index?: number;
  readonly id?: string;
  readonly function?: { readonly name?: string | null; readonly arguments?: string | null };
  readonly custom?: { readonly name?: string; readonly input?: string };
}

interface Choice {
  readonly index?: number;
  readonly message?: Piece;
  readonly delta?: Piece;
  readonly finish_reason?: string | null;
}

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens?: number;
  readonly total_tokens?: number;
  readonly prompt_tokens_details?: Details | null;
  readonly completion_tokens_details?: Details | null;
  readonly prompt_cache_hit_tokens?: number;
  readonly cached_tokens?: number;
  readonly num_cached_tokens?: number;
  readonly cache_read_input_tokens?: number;
  readonly cache_creation_input_tokens?: number;
  readonly reasoning_tokens?: number;
}

interface Details {
  readonly cached_tokens?: number | null;
  readonly cache_write_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
  readonly reasoning_tokens?: number | null;
}

/** A whole answer or a chunk, as any server of this dialect sends it. */
export interface ChatBody {
  readonly id?: string;
  readonly model?: string;
  readonly choices?: readonly Choice[];
  readonly usage?: Usage | null;
  readonly x_groq?: { readonly usage?: Usage };
}

const endings: Readonly<Record<string, Ending>> = {
  // Said by nobody, or with an empty word.
  "": "stop",
  stop: "stop",
  eos: "stop",
  length: "length",
  tool_calls: "tool_calls",
  tool_call: "tool_calls",
  function_call: "tool_calls",
  content_filter: "content_filter",
  error: "error",
};

/** What a part is at most. */
const within = (part: number | null | undefined, whole: number): number | undefined =>
  part === null || part === undefined ? undefined : Math.min(part, whole);

const usageOf = (usage: Usage | null | undefined): SaidUsage | undefined => {
  if (!usage) return undefined;
  const { prompt_tokens: prompt, completion_tokens: completion = 0, total_tokens: total } = usage;
  const { prompt_tokens_details: input, completion_tokens_details: output } = usage;
  const reasoning = output?.reasoning_tokens ?? usage.reasoning_tokens;
  // Where the total shows that thoughts are counted beside the answer, the answer's count lacks them.
  const isApart = total === prompt + completion + (reasoning ?? 0);
  const all = completion + (isApart ? (reasoning ?? 0) : 0);
  const read =
    input?.cached_tokens ??
    usage.prompt_cache_hit_tokens ??
    usage.cached_tokens ??
    usage.num_cached_tokens ??
    usage.cache_read_input_tokens;
  const written = input?.cache_write_tokens ?? input?.cache_creation_input_tokens ?? usage.cache_creation_input_tokens;
  return {
    input: prompt,
    output: all,
    cacheRead: within(read, prompt),
    cacheWrite: within(written, prompt),
    reasoning: within(reasoning, all),
  };
};

const callOf = ({ id, function: called, custom }: Tool): SaidCall => {
  const given = id ? { id } : {};
  return custom === undefined
    ? { ...given, name: called?.name ?? "", arguments: tidy(called?.arguments ?? "") }
    : { ...given, name: custom.name ?? "", arguments: custom.input ?? "", isCustom: true };
};

const textOf = ({ content }: Piece): string => {
  if (Array.isArray(content)) return (content as readonly ContentPart[]).map(({ text }) => text ?? "").join("");
  // One server gives JSON that it was asked for as what it is.
  return typeof content === "object" && content !== null ? JSON.stringify(content) : (content ?? "");
};

/** Thoughts among the parts of a content, or in a field for their text. */
const plainThoughtsIn = ({ content, reasoning_content: text, reasoning }: Piece): string => {
  const parts = Array.isArray(content) ? (content as readonly ContentPart[]) : [];
  const among = parts.flatMap(({ thinking = [], summary = [] }) => [...thinking, ...summary]);
  return among.map((part) => part.text ?? "").join("") || text || reasoning || "";
};

/** The model's thoughts, in one text or, where they have no other place, in the blocks of the details. */
const thoughtsIn = (pieces: readonly Piece[]): readonly string[] => {
  const text = pieces.map(plainThoughtsIn).join("");
  if (text !== "") return [text];
  const blocks = new Map<number, string>();
  for (const { index = 0, text: piece, summary = "" } of pieces.flatMap(({ reasoning_details: all }) => all ?? [])) {
    blocks.set(index, (blocks.get(index) ?? "") + (piece ?? summary));
  }
  return [...blocks.values()].filter((block) => block !== "");
};

/** Reads a choice from its message, or from its deltas. */
const choiceOf = (
  pieces: readonly Piece[],
  calls: readonly SaidCall[],
  word: string | null | undefined,
): SaidChoice => ({
  text: pieces.map(textOf).join(""),
  reasoning: thoughtsIn(pieces),
  refusal: pieces.map(({ refusal }) => refusal ?? "").join(""),
  calls,
  finish: endingOf(endings, word, calls),
});

/** Reads a whole completion. */
export const readCompletion = ({ id, model, choices = [], usage }: ChatBody): Said => ({
  id,
  model,
  choices: choices.map(({ message = {}, finish_reason: word }) =>
    choiceOf([message], (message.tool_calls ?? []).map(callOf), word),
  ),
  usage: usageOf(usage),
});

/** Reads the chunks of a stream by adding up their deltas. */
export const readChunks = (chunks: readonly ChatBody[]): Said => {
  const all = chunks.flatMap(({ choices = [] }) => choices);
  const indexes = [...new Set(all.map(({ index = 0 }) => index))].toSorted((a, b) => a - b);
  return {
    id: chunks.find(({ id }) => id)?.id,
    model: chunks.find(({ model }) => model)?.model,
    choices: indexes.map((index) => {
      const own = all.filter((choice) => (choice.index ?? 0) === index);
      const deltas = own.map(({ delta = {} }) => delta);
      const calls = addUpCalls(deltas.flatMap(({ tool_calls: pieces }) => pieces ?? []));
      return choiceOf(deltas, calls, own.find(({ finish_reason: word }) => word)?.finish_reason);
    }),
    usage: usageOf(chunks.map(({ usage, x_groq: group }) => usage ?? group?.usage).findLast((usage) => usage)),
  };
};

const addUpCalls = (pieces: readonly Tool[]): readonly SaidCall[] => {
  const indexes = [...new Set(pieces.map(({ index = 0 }) => index))].toSorted((a, b) => a - b);
  return indexes.map((index) => {
    const own = pieces.filter((piece) => (piece.index ?? 0) === index);
    const id = own.find((piece) => piece.id)?.id;
    // Some servers say the name again with every piece.
    const name = own.map((piece) => (piece.function ?? piece.custom)?.name).find((said) => said) ?? "";
    const text = own.map((piece) => piece.function?.arguments ?? piece.custom?.input ?? "").join("");
    const given = id === undefined ? {} : { id };
    return own.some(({ custom }) => custom !== undefined)
      ? callOf({ ...given, custom: { name, input: text } })
      : callOf({ ...given, function: { name, arguments: text } });
  });
};
