import type { ReasoningPreferences } from "../chat/request.ts";

/** Whether the client wants no reasoning. */
export const refusesReasoning = ({ enabled, effort, budgetTokens }: ReasoningPreferences): boolean =>
  enabled === false || effort === "none" || budgetTokens === 0;

/** Whether the client wants reasoning, however much. */
export const wantsReasoning = (reasoning: ReasoningPreferences | undefined): boolean =>
  reasoning !== undefined &&
  !refusesReasoning(reasoning) &&
  (reasoning.enabled === true ||
    reasoning.adaptive === true ||
    reasoning.effort !== undefined ||
    reasoning.budgetTokens !== undefined);
