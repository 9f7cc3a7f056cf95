import type { ReasoningPreferences } from "../../chat/request.ts";
import type { BackTarget } from "../dialect.ts";
import type { Losses } from "../losses.ts";
import { refusesReasoning, wantsReasoning } from "../reasoning.ts";

type Level = "low" | "medium" | "high";

const levels: ReadonlyMap<string, Level> = new Map([
  ["minimal", "low"],
  ["low", "low"],
  ["medium", "medium"],
  ["high", "high"],
  ["xhigh", "high"],
  ["max", "high"],
]);

const levelOfBudget = (tokens: number): Level => {
  if (tokens <= 1024) return "low";
  return tokens <= 8192 ? "medium" : "high";
};

/** Most models can think or not; those of this family think more or less, and servers refuse levels for others. */
const takesLevels = ({ model, quirks }: BackTarget): boolean =>
  quirks.reasoningControl === undefined ? /gpt-?oss/i.test(model) : quirks.reasoningControl === "effort";

/** `think`; `undefined` where nothing is to be said, which means on for the models that think. */
export const encodeThink = (
  reasoning: ReasoningPreferences | undefined,
  target: BackTarget,
  losses: Losses,
): boolean | Level | undefined => {
  if (reasoning === undefined) return undefined;
  if (refusesReasoning(reasoning)) return false;
  if (!wantsReasoning(reasoning)) return undefined;
  const { effort, budgetTokens } = reasoning;
  if (target.quirks.reasoningControl === "none") {
    losses.tuning("reasoning_effort");
    return undefined;
  }
  const level = effort === undefined ? undefined : levels.get(effort);
  if (effort !== undefined && level === undefined) losses.tuning("reasoning_effort");
  if (!takesLevels(target)) return true;
  // Less than nothing is how some clients say "no limit".
  return level ?? (budgetTokens === undefined || budgetTokens < 0 ? true : levelOfBudget(budgetTokens));
};
