import { dataOf } from "./recording.ts";
import type { Said, SaidUsage } from "./said.ts";

interface Part {
  readonly text?: string;
  readonly thought?: boolean;
  readonly functionCall?: { readonly id?: string; readonly name: string; readonly args?: unknown };
}

interface Answer {
  readonly candidates?: readonly {
    readonly index?: number;
    readonly finishReason?: string | number;
    readonly content?: { readonly parts?: readonly Part[] };
  }[];
  readonly promptFeedback?: { readonly blockReason?: string };
  readonly usageMetadata?: Readonly<Record<string, number | undefined>>;
  readonly modelVersion?: string;
  readonly responseId?: string;
}

const usageOf = (usage: Answer["usageMetadata"]): SaidUsage | undefined =>
  usage && {
    input: (usage["promptTokenCount"] ?? 0) + (usage["toolUsePromptTokenCount"] ?? 0),
    output: (usage["candidatesTokenCount"] ?? 0) + (usage["thoughtsTokenCount"] ?? 0),
    cacheRead: usage["cachedContentTokenCount"],
    reasoning: usage["thoughtsTokenCount"],
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

/** Reads an answer from its chunks; a whole answer is a single one. */
export const readAnswer = (chunks: readonly Answer[]): Said => {
  const all = chunks.flatMap(({ candidates = [] }) => candidates);
  const indexes = [...new Set(all.map(({ index = 0 }) => index))].toSorted((a, b) => a - b);
  const isBlocked = chunks.some(({ promptFeedback }) => promptFeedback?.blockReason !== undefined);
  return {
    id: chunks.find(({ responseId }) => responseId)?.responseId,
    model: chunks.find(({ modelVersion }) => modelVersion)?.modelVersion,
    choices: (isBlocked ? [0] : indexes).map((index) => {
      const own = all.filter((candidate) => (candidate.index ?? 0) === index);
      const parts = own.flatMap(({ content }) => content?.parts ?? []);
      return {
        text: parts.map(({ thought, text = "" }) => (thought === true ? "" : text)).join(""),
        reasoning: thoughtsIn(parts),
        refusal: "",
        calls: parts.flatMap(({ functionCall: call }) =>
          call === undefined ? [] : [{ id: call.id, name: call.name, arguments: JSON.stringify(call.args ?? {}) }],
        ),
        finish: isBlocked ? "SAFETY" : String(own.findLast(({ finishReason }) => finishReason)?.finishReason ?? ""),
      };
    }),
    usage: usageOf(chunks.findLast(({ usageMetadata }) => usageMetadata)?.usageMetadata),
  };
};

/** The chunks of a recorded answer: events, a list, or one object. */
export const answersIn = (body: string): readonly Answer[] => {
  if (body.trimStart().startsWith("data:")) return dataOf(body).map((data) => JSON.parse(data) as Answer);
  const parsed = JSON.parse(body) as Answer | readonly Answer[];
  return Array.isArray(parsed) ? (parsed as readonly Answer[]) : [parsed as Answer];
};
