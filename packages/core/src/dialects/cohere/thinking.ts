import type { ReasoningPreferences } from "../../chat/request.ts";
import type { BackTarget, Json } from "../dialect.ts";
import type { Losses } from "../losses.ts";
import { refusesReasoning, wantsReasoning } from "../reasoning.ts";

/** Tokens an effort is worth. Above these the provider advises against a limit. */
const budgets: ReadonlyMap<string, number | undefined> = new Map([
  ["minimal", 512],
  ["low", 2048],
  ["medium", 8192],
  ["high", undefined],
  ["xhigh", undefined],
  ["max", undefined],
]);

/** Whether the model thinks before it answers: others refuse the setting and have no use for thoughts. */
export const takesThinking = ({ model, quirks, info }: BackTarget): boolean =>
  quirks.reasoningControl === undefined
    ? info?.capabilities?.includes("reasoning") === true || /command-a-(plus|reasoning)/.test(model)
    : quirks.reasoningControl !== "none";

/** `thinking`; `undefined` where nothing is to be said, which means on for the models that think. */
export const encodeThinking = (
  reasoning: ReasoningPreferences | undefined,
  thinks: boolean,
  losses: Losses,
): Json | undefined => {
  if (reasoning === undefined) return undefined;
  const { effort, budgetTokens } = reasoning;
  const isOff = refusesReasoning(reasoning);
  if (!isOff && !wantsReasoning(reasoning)) return undefined;
  if (!thinks) {
    if (!isOff) losses.tuning("reasoning_effort");
    return undefined;
  }
  if (isOff) return { type: "disabled" };
  if (effort !== undefined && !budgets.has(effort)) losses.tuning("reasoning_effort");
  const budget = budgetTokens ?? budgets.get(effort ?? "");
  // Less than nothing is how some clients say "no limit".
  return budget === undefined || budget < 0 ? { type: "enabled" } : { type: "enabled", token_budget: budget };
};
