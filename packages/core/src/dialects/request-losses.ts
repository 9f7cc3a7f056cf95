import type { ChatRequest } from "../chat/request.ts";
import { nameCachedContent } from "./foreign-fields.ts";
import type { Losses } from "./losses.ts";

/** Names what dialects that give one answer, in text, and sample it in few ways cannot be asked for. */
export const nameLosses = (request: ChatRequest, losses: Losses): void => {
  if ((request.choiceCount ?? 1) > 1) losses.meaning("n", "it gives one answer at a time");
  if (request.logprobs === true || request.topLogprobs !== undefined) {
    losses.meaning("logprobs", "it tells no probabilities");
  }
  if (Object.keys(request.logitBias ?? {}).length > 0) losses.meaning("logit_bias", "it takes no bias");
  if (request.audio !== undefined || request.modalities?.some((modality) => modality !== "text")) {
    losses.meaning("modalities", "it answers in text only");
  }
  if (request.seed !== undefined) losses.tuning("seed");
  if ((request.frequencyPenalty ?? 0) !== 0) losses.tuning("frequency_penalty");
  if ((request.presencePenalty ?? 0) !== 0) losses.tuning("presence_penalty");
  if (request.verbosity !== undefined) losses.tuning("verbosity");
  if (request.cacheKey !== undefined) losses.tuning("prompt_cache_key");
  nameCachedContent(request, losses);
};

/** The stop sequences without the blank ones, which are refused; `undefined` where none is left. */
export const encodeStop = (stop: readonly string[] | undefined, losses: Losses): readonly string[] | undefined => {
  const usable = stop?.filter((sequence) => sequence.trim() !== "") ?? [];
  if (usable.length < (stop?.length ?? 0)) losses.tuning("stop");
  return usable.length === 0 ? undefined : usable;
};
