import type { Attributes } from "@opentelemetry/api";
import type { Compat } from "./options.ts";
import { attribute, spanName } from "./semconv.ts";

// Shared by all spans, so that nothing is made for those who want none of it.
const none: Attributes = Object.freeze({});
const ofKind = (kind: string): Attributes => Object.freeze({ [attribute.openinferenceSpanKind]: kind });
const chain = ofKind("CHAIN");
const guardrail = ofKind("GUARDRAIL");
const llm = ofKind("LLM");
const embedding = ofKind("EMBEDDING");

const kindFor = (compat: readonly Compat[], kind: Attributes): Attributes =>
  compat.includes("openinference") ? kind : none;

/** What a gateway span has besides. */
export const gatewayCompat = (compat: readonly Compat[], operation: string): Attributes => {
  const kind = kindFor(compat, chain);
  return compat.includes("langfuse") ? { ...kind, [attribute.langfuseTraceName]: spanName.gateway(operation) } : kind;
};

/** What the spans of a stage have besides. */
export const stageCompat = (compat: readonly Compat[], stage: string): Attributes =>
  stage === "guardrail" ? guardCompat(compat) : none;

/** What the span of one check of a guardrail has besides. */
export const guardCompat = (compat: readonly Compat[]): Attributes => kindFor(compat, guardrail);

/**
 * What an inference span has besides.
 *
 * @param firstContentAt When its first content came, in milliseconds since the Unix epoch.
 */
export const inferenceCompat = (
  compat: readonly Compat[],
  operationName: string,
  firstContentAt: number | undefined,
  costNanoUsd: number | undefined,
): Attributes => {
  const kind = kindFor(compat, operationName === "embeddings" ? embedding : llm);
  if (!compat.includes("langfuse")) return kind;
  return {
    ...kind,
    ...(firstContentAt === undefined
      ? {}
      : { [attribute.langfuseCompletionStart]: new Date(firstContentAt).toISOString() }),
    ...(costNanoUsd === undefined ? {} : { [attribute.genAiUsageCost]: costNanoUsd / 1e9 }),
  };
};
