import type { Choice, ToolCall } from "./answer.ts";
import { countTokens, firstTokens } from "./tokens.ts";

/** The text up to the first stop sequence, which is not part of it. */
const cutAtStop = (text: string, stops: readonly string[]): { text: string; stopSequence: string | null } => {
  const found = stops
    .map((stop) => ({ stop, at: stop === "" ? -1 : text.indexOf(stop) }))
    .filter(({ at }) => at !== -1)
    .toSorted((a, b) => a.at - b.at)[0];
  return found === undefined
    ? { text, stopSequence: null }
    : { text: text.slice(0, found.at), stopSequence: found.stop };
};

const cutCalls = (calls: readonly ToolCall[], budget: number): readonly ToolCall[] => {
  let left = budget;
  const kept: ToolCall[] = [];
  for (const call of calls) {
    left -= countTokens(call.name);
    if (left <= 0) break;
    kept.push({ ...call, argumentsText: firstTokens(call.argumentsText, left) });
    left -= countTokens(call.argumentsText);
  }
  return kept;
};

/** Ends a choice where the model would have been stopped: at a stop sequence, or when its tokens are used up. */
export const limitChoice = (choice: Choice, maximumTokens: number, stops: readonly string[]): Choice => {
  const stopped = cutAtStop(choice.text, stops);
  const full: Choice = stopped.stopSequence === null ? choice : { ...choice, ...stopped, calls: [], finish: "stop" };
  const afterReasoning = maximumTokens - countTokens(full.reasoning);
  const afterText = afterReasoning - countTokens(full.text);
  const afterCalls =
    afterText - full.calls.reduce((sum, call) => sum + countTokens(call.name) + countTokens(call.argumentsText), 0);
  if (afterCalls >= 0) return full;
  return {
    ...full,
    reasoning: firstTokens(full.reasoning, maximumTokens),
    text: firstTokens(full.text, Math.max(0, afterReasoning)),
    calls: cutCalls(full.calls, Math.max(0, afterText)),
    finish: "length",
    stopSequence: null,
  };
};
