import type { ChatRequest, ReasoningPreferences } from "../../chat/request.ts";
import { encodeSampling } from "../claude/sampling.ts";
import { planThinking } from "../claude/thinking.ts";
import type { BackTarget, Json } from "../dialect.ts";
import { present } from "../fields.ts";
import type { Losses } from "../losses.ts";
import { refusesReasoning } from "../reasoning.ts";
import { encodeStop } from "../request-losses.ts";
import type { Block, Conversation } from "../turns.ts";
import type { ModelTraits } from "./model-traits.ts";

export interface InferenceOptions {
  readonly request: ChatRequest;
  readonly target: BackTarget;
  readonly traits: ModelTraits;
  readonly messages: Conversation["messages"];
  readonly forcesTool: boolean;
  readonly losses: Losses;
}

export interface Inference {
  /** What all models have in common. */
  readonly config: Json;
  /** What only this model's family has: a part of `additionalModelRequestFields`. */
  readonly fields: Json;
}

const isReasoning = (block: Block): boolean => block["reasoningContent"] !== undefined;
const isResult = (block: Block): boolean => block["toolResult"] !== undefined;

/** How the model shall sample, reason and stop. */
export const encodeInference = (options: InferenceOptions): Inference => {
  const { request, losses } = options;
  const stopSequences = encodeStop(request.stop, losses);
  const { claude } = options.traits;
  const { config, fields } = claude === undefined ? plainInference(options) : claudeInference(options, claude);
  return { config: present({ ...config, stopSequences }), fields: present(fields) };
};

const claudeInference = (options: InferenceOptions, claude: NonNullable<ModelTraits["claude"]>): Inference => {
  const { request, target, losses } = options;
  const plan = planThinking({ ...options, traits: claude, isThinking: isReasoning, isResult });
  const thinking = plan.thinking?.["type"];
  const isThinking = thinking !== undefined && thinking !== "disabled";
  const sampling = encodeSampling(request, { traits: claude, isThinking, quirks: target.quirks, losses });
  return {
    config: {
      // Here the limit may be left out, but not with a budget, which must be below it.
      maxTokens: thinking === "enabled" ? plan.maxTokens : request.maxOutputTokens,
      temperature: sampling["temperature"],
      topP: sampling["top_p"],
    },
    fields: {
      thinking: plan.thinking,
      output_config: plan.effort === undefined ? undefined : { effort: plan.effort },
      top_k: sampling["top_k"],
    },
  };
};

const plainInference = (options: InferenceOptions): Inference => {
  const { request, target, traits, losses } = options;
  const { fields, isStrenuous = false } = encodeReasoning(request, traits, losses);
  // At its highest effort the model samples by itself.
  if (isStrenuous && request.temperature !== undefined) losses.tuning("temperature");
  if (isStrenuous && request.topP !== undefined) losses.tuning("top_p");
  const highest = target.quirks.maxTemperature ?? 1;
  if (!isStrenuous && (request.temperature ?? 0) > highest) losses.tuning("temperature");
  const hasTopK = traits.settings === "nova" || traits.settings === "nova-2";
  if (request.topK !== undefined && !hasTopK) losses.tuning("top_k");
  return {
    config: {
      maxTokens: request.maxOutputTokens,
      temperature:
        isStrenuous || request.temperature === undefined ? undefined : Math.min(request.temperature, highest),
      topP: isStrenuous ? undefined : request.topP,
    },
    fields: {
      ...fields,
      inferenceConfig: request.topK !== undefined && hasTopK ? { topK: request.topK } : undefined,
    },
  };
};

const param = "reasoning_effort";

/** Efforts as Nova and GPT-OSS name them. */
const efforts: ReadonlyMap<string, string> = new Map([
  ["minimal", "low"],
  ["low", "low"],
  ["medium", "medium"],
  ["high", "high"],
  ["xhigh", "high"],
  ["max", "high"],
]);

const effortOf = ({ effort, budgetTokens = 0 }: ReasoningPreferences): string => {
  if (effort !== undefined) return efforts.get(effort) ?? "medium";
  if (budgetTokens === 0) return "medium";
  return budgetTokens < 2048 ? "low" : budgetTokens < 4096 ? "medium" : "high";
};

const encodeReasoning = (
  { reasoning, maxOutputTokens }: ChatRequest,
  { settings }: ModelTraits,
  losses: Losses,
): { readonly fields?: Json; readonly isStrenuous?: boolean } => {
  if (reasoning === undefined) return {};
  const isOff = refusesReasoning(reasoning);
  const effort = effortOf(reasoning);
  if (!isOff && reasoning.effort !== undefined && !efforts.has(reasoning.effort)) losses.tuning(param);
  if (settings === "nova-2") {
    if (isOff) return { fields: { reasoningConfig: { type: "disabled" } } };
    // The highest effort takes no limit, and the limit is what the client relies on.
    const isTooHigh = effort === "high" && maxOutputTokens !== undefined;
    if (isTooHigh) losses.tuning(param);
    const maxReasoningEffort = isTooHigh ? "medium" : effort;
    return {
      fields: { reasoningConfig: { type: "enabled", maxReasoningEffort } },
      isStrenuous: maxReasoningEffort === "high",
    };
  }
  if (settings === "gpt-oss") {
    // It cannot be turned off, only as low as it goes.
    if (isOff) losses.tuning(param);
    return { fields: { reasoning_effort: isOff ? "low" : effort } };
  }
  if (!isOff) losses.tuning(param);
  return {};
};
