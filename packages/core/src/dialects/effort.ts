import type { ReasoningPreferences } from "../chat/request.ts";
import type { Losses } from "./losses.ts";
import { refusesReasoning } from "./reasoning.ts";

// `default` is what one server calls as much as its model likes.
const order: readonly string[] = ["none", "default", "minimal", "low", "medium", "high", "xhigh", "max"];

/**
 * The strongest of these efforts that is not stronger than the wanted one, or the weakest of them; `undefined` for an
 * effort that nobody knows.
 *
 * @param efforts Weakest first.
 */
export const nearestEffort = (wanted: string, efforts: readonly string[]): string | undefined => {
  if (efforts.includes(wanted)) return wanted;
  const rank = order.indexOf(wanted);
  if (rank === -1) return undefined;
  return efforts.findLast((effort) => order.indexOf(effort) <= rank) ?? efforts[0];
};

/** The effort that is worth about as many tokens, for dialects that count none. */
const effortOfBudget = (tokens: number): string => {
  if (tokens <= 1024) return "low";
  return tokens <= 8192 ? "medium" : "high";
};

/**
 * The effort to ask for; `undefined` where the client said nothing of it. What cannot be turned off is turned as low as
 * it goes, and named.
 *
 * @param efforts What the model takes, weakest first; all where absent.
 */
export const effortFor = (
  reasoning: ReasoningPreferences,
  efforts: readonly string[] | undefined,
  losses: Losses,
): string | undefined => {
  const { effort, budgetTokens } = reasoning;
  const isOff = refusesReasoning(reasoning);
  const wanted = isOff ? "none" : (effort ?? (budgetTokens === undefined ? undefined : effortOfBudget(budgetTokens)));
  if (wanted === undefined || efforts === undefined) return wanted;
  const word = nearestEffort(wanted, efforts);
  if (word === undefined || (isOff && word !== "none")) losses.tuning("reasoning_effort");
  return word;
};
