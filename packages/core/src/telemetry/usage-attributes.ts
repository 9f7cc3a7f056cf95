import type { Attributes } from "@opentelemetry/api";
import type { Usage } from "../chat/usage.ts";
import type { Semconv } from "./options.ts";
import { attribute } from "./semconv.ts";

const cacheWrite: Readonly<Record<Semconv, string>> = {
  "v1.41": attribute.genAiCacheCreationTokens,
  next: attribute.genAiCacheWriteTokens,
};

/** Usage as an inference span tells it. What the provider did not state is left out. */
export const usageAttributes = (usage: Usage, semconv: Semconv): Attributes => ({
  [attribute.genAiInputTokens]: usage.inputTokens,
  [attribute.genAiOutputTokens]: usage.outputTokens,
  ...(usage.cacheReadTokens === undefined ? {} : { [attribute.genAiCacheReadTokens]: usage.cacheReadTokens }),
  ...(usage.cacheWriteTokens === undefined ? {} : { [cacheWrite[semconv]]: usage.cacheWriteTokens }),
  ...(usage.reasoningTokens === undefined ? {} : { [attribute.genAiReasoningTokens]: usage.reasoningTokens }),
  ...(usage.estimated === true ? { [attribute.usageEstimated]: true } : {}),
});
