import { eventsOf } from "./framing.ts";
import { endingOf, type Ending, type Said, type SaidCall, type SaidUsage } from "./said.ts";

interface Part {
  readonly text?: string;
  readonly thought?: boolean;
  readonly functionCall?: { readonly id?: string; readonly name?: string; readonly args?: unknown };
}

/** A whole answer or a chunk of one, in JSON or as the official SDK gives it. */
export interface GeminiBody {
  readonly candidates?: readonly {
    readonly index?: number;
    readonly finishReason?: string | number;
    readonly content?: { readonly parts?: readonly Part[] };
  }[];
  readonly promptFeedback?: { readonly blockReason?: string };
  readonly usageMetadata?: UsageMetadata;
  readonly modelVersion?: string;
  readonly responseId?: string;
}

interface UsageMetadata {
  readonly promptTokenCount?: number;
  readonly candidatesTokenCount?: number;
  readonly thoughtsTokenCount?: number;
  readonly toolUsePromptTokenCount?: number;
  readonly cachedContentTokenCount?: number;
  readonly totalTokenCount?: number;
}

const endings: Readonly<Record<string, Ending>> = {
  // A whole answer that does not say why it ended.
  "": "stop",
  STOP: "stop",
  MAX_TOKENS: "length",
  // The same as a number of the enum, as some servers write it.
  2: "length",
  SAFETY: "content_filter",
  OTHER: "error",
  UNEXPECTED_TOOL_CALL: "error",
};

const usageOf = (usage: UsageMetadata | undefined): SaidUsage | undefined => {
  if (usage === undefined) return undefined;
  const { candidatesTokenCount: candidates = 0, thoughtsTokenCount: thoughts } = usage;
  const input = (usage.promptTokenCount ?? 0) + (usage.toolUsePromptTokenCount ?? 0);
  // Where the total shows it, the candidates' count holds the thoughts already.
  const isWithin = thoughts !== undefined && usage.totalTokenCount === input + candidates && candidates >= thoughts;
  return {
    input,
    output: candidates + (isWithin ? 0 : (thoughts ?? 0)),
    cacheRead: usage.cachedContentTokenCount,
    reasoning: thoughts,
  };
};

/** The model's thoughts: those with nothing between them are one. */
const thoughtsIn = (parts: readonly Part[]): readonly string[] => {
  const thoughts: string[] = [];
  let isThinking = false;
  for (const { thought, text } of parts) {
    if (thought === true) thoughts.push((isThinking ? (thoughts.pop() ?? "") : "") + text);
    isThinking = thought === true;
  }
  return thoughts;
};

const callsIn = (parts: readonly Part[]): readonly SaidCall[] =>
  parts.flatMap(({ functionCall: call }) =>
    call === undefined ? [] : [{ id: call.id, name: call.name ?? "", arguments: JSON.stringify(call.args ?? {}) }],
  );

/** Reads an answer from its chunks; a whole answer is a single one. */
export const readGemini = (chunks: readonly GeminiBody[]): Said => {
  const all = chunks.flatMap(({ candidates = [] }) => candidates);
  const indexes = [...new Set(all.map(({ index = 0 }) => index))].toSorted((a, b) => a - b);
  const isBlocked = chunks.some(({ promptFeedback }) => promptFeedback?.blockReason !== undefined);
  return {
    id: chunks.find(({ responseId }) => responseId)?.responseId,
    model: chunks.find(({ modelVersion }) => modelVersion)?.modelVersion,
    choices: (isBlocked ? [0] : indexes).map((index) => {
      const own = all.filter((candidate) => (candidate.index ?? 0) === index);
      const parts = own.flatMap(({ content }) => content?.parts ?? []);
      const text = parts.map(({ thought, text: piece = "" }) => (thought === true ? "" : piece)).join("");
      const calls = callsIn(parts);
      const word = String(own.findLast(({ finishReason }) => finishReason)?.finishReason ?? "");
      const ending = isBlocked ? "content_filter" : endingOf(endings, word, calls);
      // A failure after an answer in text alone: that answer stands.
      const stands = ending === "error" && text !== "" && calls.length === 0;
      return { text, reasoning: thoughtsIn(parts), refusal: "", calls, finish: stands ? "stop" : ending };
    }),
    usage: usageOf(chunks.findLast(({ usageMetadata }) => usageMetadata)?.usageMetadata),
  };
};

/** The chunks of a recorded answer: events, a list, or one object. */
export const chunksOfGemini = (body: string): readonly GeminiBody[] => {
  if (body.trimStart().startsWith("data:")) return eventsOf(body) as readonly GeminiBody[];
  const parsed = JSON.parse(body) as GeminiBody | readonly GeminiBody[];
  return Array.isArray(parsed) ? (parsed as readonly GeminiBody[]) : [parsed as GeminiBody];
};
