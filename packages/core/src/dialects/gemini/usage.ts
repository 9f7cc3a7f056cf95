import { tokenCount, type Usage } from "../../chat/usage.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, present } from "../fields.ts";

/** `usageMetadata` as usage; `undefined` where it holds no counts yet. */
export const toUsage = (metadata: Json): Usage | undefined => {
  const prompt = tokenCount(metadata["promptTokenCount"]);
  const candidates = tokenCount(metadata["candidatesTokenCount"]);
  const thoughts = tokenCount(metadata["thoughtsTokenCount"]);
  if (prompt === undefined && candidates === undefined && thoughts === undefined) return undefined;
  const inputTokens = (prompt ?? 0) + (tokenCount(metadata["toolUsePromptTokenCount"]) ?? 0);
  const total = tokenCount(metadata["totalTokenCount"]);
  // Thoughts are counted apart, except on servers whose total shows that the candidates hold them already.
  const thoughtsIncluded =
    candidates !== undefined &&
    candidates >= (thoughts ?? 0) &&
    total !== undefined &&
    inputTokens + candidates === total;
  return present({
    inputTokens,
    outputTokens: (candidates ?? 0) + (thoughtsIncluded ? 0 : (thoughts ?? 0)),
    cacheReadTokens: tokenCount(metadata["cachedContentTokenCount"]),
    reasoningTokens: thoughts,
    audioInputTokens: audioTokens(metadata, "promptTokensDetails"),
    audioOutputTokens: audioTokens(metadata, "candidatesTokensDetails"),
  });
};

const audioTokens = (metadata: Json, details: string): number | undefined => {
  const audio = arrayIn(metadata, details).find((detail) => isObject(detail) && detail["modality"] === "AUDIO");
  return isObject(audio) ? tokenCount(audio["tokenCount"]) : undefined;
};

/** Usage in this dialect's words: thoughts are counted beside the candidates. */
export const encodeUsage = (usage: Usage, serviceTier?: string): Json => {
  const { inputTokens, outputTokens, cacheReadTokens, reasoningTokens, audioInputTokens, audioOutputTokens } = usage;
  return present({
    promptTokenCount: inputTokens,
    cachedContentTokenCount: cacheReadTokens,
    candidatesTokenCount: Math.max(0, outputTokens - (reasoningTokens ?? 0)),
    thoughtsTokenCount: reasoningTokens,
    totalTokenCount: inputTokens + outputTokens,
    promptTokensDetails: audioDetails(audioInputTokens),
    candidatesTokensDetails: audioDetails(audioOutputTokens),
    serviceTier: serviceTier === "default" ? "standard" : serviceTier,
  });
};

const audioDetails = (count: number | undefined): readonly Json[] | undefined =>
  count === undefined ? undefined : [{ modality: "AUDIO", tokenCount: count }];
