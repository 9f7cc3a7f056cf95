import type { ReasoningPreferences } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import type { Losses } from "../losses.ts";
import { refusesReasoning } from "../reasoning.ts";
import type { ThinkingControl, ThinkingLevel } from "./model-traits.ts";

interface EffortRow {
  readonly level: ThinkingLevel;
  /** Tokens this effort is worth; absent: the least the model takes. */
  readonly budget?: number;
}

/** What an effort means to models that take levels, and to those that take budgets. */
const efforts: ReadonlyMap<string, EffortRow> = new Map([
  ["minimal", { level: "MINIMAL" }],
  ["low", { level: "LOW", budget: 1024 }],
  ["medium", { level: "MEDIUM", budget: 8192 }],
  ["high", { level: "HIGH", budget: 24_576 }],
  ["xhigh", { level: "HIGH", budget: 32_768 }],
  ["max", { level: "HIGH", budget: 32_768 }],
]);

const rank: Readonly<Record<ThinkingLevel, number>> = { MINIMAL: 0, LOW: 1, MEDIUM: 2, HIGH: 3 };

/** The lowest level the model has that is not below the one wanted; its highest where there is none. */
const nearestLevel = (levels: readonly ThinkingLevel[], wanted: ThinkingLevel): ThinkingLevel | undefined =>
  levels.find((level) => rank[level] >= rank[wanted]) ?? levels.at(-1);

/** The inverse of the table: a budget means the effort that is worth at least as much. */
const levelOfBudget = (tokens: number): ThinkingLevel => {
  if (tokens < 1024) return "MINIMAL";
  if (tokens === 1024) return "LOW";
  return tokens <= 8192 ? "MEDIUM" : "HIGH";
};

/** `generationConfig.thinkingConfig`: a level or a budget, never both; `undefined` where nothing is to be said. */
export const encodeThinking = (
  reasoning: ReasoningPreferences | undefined,
  control: ThinkingControl,
  losses: Losses,
): Json | undefined => {
  if (reasoning === undefined) return undefined;
  const off = refusesReasoning(reasoning);
  if (control.by === "nothing") {
    if (!off) losses.tuning("reasoning_effort");
    return undefined;
  }
  const { effort, budgetTokens, enabled, adaptive } = reasoning;
  // What cannot be turned off is turned as low as it goes.
  if (off) {
    return control.by === "level"
      ? { includeThoughts: false, thinkingLevel: control.levels[0] }
      : { includeThoughts: false, thinkingBudget: control.canBeOff ? 0 : control.minimum };
  }
  const row = effort === undefined ? undefined : efforts.get(effort);
  if (effort !== undefined && row === undefined) losses.tuning("reasoning_effort");
  const includeThoughts = reasoning.exclude !== true;

  if (control.by === "level") {
    const wanted =
      row?.level ?? (budgetTokens === undefined || budgetTokens < 0 ? undefined : levelOfBudget(budgetTokens));
    return wanted === undefined
      ? { includeThoughts }
      : { includeThoughts, thinkingLevel: nearestLevel(control.levels, wanted) };
  }
  const tokens = budgetTokens ?? (row === undefined ? undefined : (row.budget ?? control.minimum));
  if (tokens !== undefined && tokens > 0) {
    return { includeThoughts, thinkingBudget: Math.min(Math.max(tokens, control.minimum), control.maximum) };
  }
  // -1 lets the model decide; the smallest models would not think at all if nothing was said.
  return enabled === true || adaptive === true || tokens !== undefined
    ? { includeThoughts, thinkingBudget: -1 }
    : { includeThoughts };
};
