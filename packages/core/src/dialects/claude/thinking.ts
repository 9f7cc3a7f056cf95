import type { ChatRequest } from "../../chat/request.ts";
import type { BackTarget } from "../dialect.ts";
import { nearestEffort } from "../effort.ts";
import type { Losses } from "../losses.ts";
import { refusesReasoning } from "../reasoning.ts";
import type { Block } from "../turns.ts";
import { dialectId } from "../anthropic-messages/identity.ts";
import type { ModelTraits } from "./model-traits.ts";
import type { Conversation } from "../turns.ts";

/** What is sent of `thinking`, `output_config.effort` and `max_tokens`, which depend on each other. */
export interface ThinkingPlan {
  readonly thinking?: Block;
  readonly effort?: string;
  readonly maxTokens: number;
}

export interface ThinkingOptions {
  readonly request: ChatRequest;
  readonly target: BackTarget;
  readonly traits: ModelTraits;
  readonly messages: Conversation["messages"];
  /** What a block of these messages is. */
  readonly isThinking: (block: Block) => boolean;
  readonly isResult: (block: Block) => boolean;
  /** The tool choice leaves the model no way but to call a tool. */
  readonly forcesTool: boolean;
  readonly losses: Losses;
}

const smallestBudget = 1024;
const defaultMaxTokens = 4096;
const defaultBudget = 4096;
const budgets: ReadonlyMap<string, number> = new Map([
  ["minimal", smallestBudget],
  ["low", smallestBudget],
  ["medium", 2048],
  ["high", 4096],
  ["xhigh", 8192],
  ["max", 16_384],
]);

/** What clients of the request's dialect call the wish to think. */
const paramOf = ({ dialect }: ChatRequest): string => (dialect === dialectId ? "thinking" : "reasoning_effort");

/** Decides how the model is asked to think. What cannot be had is dropped and named. */
export const planThinking = (options: ThinkingOptions): ThinkingPlan => {
  const { request, target, traits, losses } = options;
  const { effort, budgetTokens, enabled, adaptive, exclude } = request.reasoning ?? {};
  const isOwn = request.dialect === dialectId;
  const param = paramOf(request);
  const plain = { maxTokens: request.maxOutputTokens ?? target.info?.maxOutputTokens ?? defaultMaxTokens };
  const isOff = request.reasoning !== undefined && refusesReasoning(request.reasoning);
  // Anthropic's own effort governs the whole answer and does not ask for thinking; elsewhere it does.
  const isOn = !isOff && (enabled || adaptive || budgetTokens !== undefined || (effort !== undefined && !isOwn));
  const ownEffort = isOwn && effort !== undefined ? effortPlan(effort, traits, "output_config.effort", losses) : {};

  if (!isOn) {
    if (!isOff || traits.thinking === "none") return { ...plain, ...ownEffort };
    if (traits.thinking !== "always") return { ...plain, ...ownEffort, thinking: { type: "disabled" } };
    losses.tuning(param);
    return { ...plain, effort: "low" };
  }
  if (traits.thinking === "none") {
    losses.tuning(param);
    return plain;
  }
  const wantsBudget = budgetTokens !== undefined && traits.takesBudget === true;
  if (traits.thinking === "budget" || wantsBudget) {
    return { ...ownEffort, ...planBudget(budgetTokens ?? budgets.get(effort ?? "") ?? defaultBudget, options) };
  }
  const wanted = effort ?? (budgetTokens === undefined ? undefined : effortOf(budgetTokens));
  // These models hide what they think unless they are asked.
  const display = exclude === true ? "omitted" : isOwn && exclude === undefined ? undefined : "summarized";
  return {
    ...plain,
    thinking: { type: "adaptive", ...(display && { display }) },
    ...(wanted === undefined ? {} : effortPlan(wanted, traits, param, losses)),
  };
};

const planBudget = (wanted: number, options: ThinkingOptions): ThinkingPlan => {
  const { request, target, traits, forcesTool, losses } = options;
  const limit = target.info?.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  const requested = request.maxOutputTokens;
  let budget = Math.max(smallestBudget, Math.round(wanted));
  let maxTokens = requested ?? target.info?.maxOutputTokens ?? budget + defaultMaxTokens;
  if (maxTokens <= budget) maxTokens = Math.min(limit, budget + maxTokens);
  if (maxTokens <= budget) budget = Math.max(smallestBudget, Math.floor(maxTokens / 2));
  // A forced call and thinking exclude each other: thinking is a matter of tuning, the call is not.
  if (forcesTool || maxTokens <= budget || lacksThinking(options)) {
    losses.tuning(paramOf(request));
    return { maxTokens: requested ?? target.info?.maxOutputTokens ?? defaultMaxTokens };
  }
  const { exclude } = request.reasoning ?? {};
  const takesDisplay = traits.takesBudget === true || request.dialect === dialectId;
  if (exclude === true && !takesDisplay) losses.tuning("reasoning.exclude");
  const display = exclude === true && takesDisplay ? { display: "omitted" } : {};
  return { maxTokens, thinking: { type: "enabled", budget_tokens: budget, ...display } };
};

/**
 * With a budget, the assistant turn that is still going on must begin with its thinking. If a client lost it, thinking
 * has to stay off until that turn is over; but where any turn still has its thinking, turning it off is refused.
 */
const lacksThinking = ({ messages, isThinking, isResult }: ThinkingOptions): boolean => {
  const last = messages.at(-1);
  const isGoingOn = last?.role === "assistant" || last?.content.some(isResult) === true;
  if (!isGoingOn) return false;
  const current = messages.findLast(({ role }) => role === "assistant");
  const first = current?.content[0];
  if (current === undefined || (first !== undefined && isThinking(first))) return false;
  return messages.every(({ role, content }) => role !== "assistant" || !content.some(isThinking));
};

const effortOf = (budget: number): string => (budget < 2048 ? "low" : budget < 4096 ? "medium" : "high");

/** The nearest effort the model has. */
const effortPlan = (
  wanted: string,
  { efforts }: ModelTraits,
  param: string,
  losses: Losses,
): { readonly effort?: string } => {
  const effort = nearestEffort(wanted, efforts);
  if (effort !== undefined) return { effort };
  losses.tuning(param);
  return {};
};
