import type { ChatRequest } from "../../chat/request.ts";
import { present } from "../fields.ts";
import type { Losses } from "../losses.ts";
import type { Quirks } from "../quirks.ts";
import type { Block } from "../turns.ts";
import type { ModelTraits } from "./model-traits.ts";

export interface SamplingOptions {
  readonly traits: ModelTraits;
  /** Thinking fixes the temperature and leaves little of the rest. */
  readonly isThinking: boolean;
  readonly quirks: Quirks;
  readonly losses: Losses;
}

/** The sampling parameters the model takes, within its bounds. A value that says nothing is left out without a word. */
export const encodeSampling = (request: ChatRequest, options: SamplingOptions): Block => {
  const { traits, isThinking, losses } = options;
  const temperature = encodeTemperature(request.temperature, options);
  const topP = encodeTopP(request.topP, temperature, options);
  const takesTopK = !isThinking && traits.sampling !== "none";
  if (!takesTopK && request.topK !== undefined) losses.tuning("top_k");
  return present({ temperature, top_p: topP, top_k: takesTopK ? request.topK : undefined });
};

const encodeTemperature = (
  wanted: number | undefined,
  { traits, isThinking, quirks, losses }: SamplingOptions,
): number | undefined => {
  const isFixed = isThinking || traits.sampling === "none";
  if (wanted === undefined || (isFixed && wanted === 1)) return undefined;
  const highest = quirks.maxTemperature ?? 1;
  if (isFixed || wanted > highest) losses.tuning("temperature");
  return isFixed ? undefined : Math.min(wanted, highest);
};

const encodeTopP = (
  wanted: number | undefined,
  temperature: number | undefined,
  { traits, isThinking, losses }: SamplingOptions,
): number | undefined => {
  const isFixed = traits.sampling === "none";
  if (wanted === undefined || (isFixed && wanted >= 0.99)) return undefined;
  const isExcluded = traits.sampling === "either" && temperature !== undefined;
  if (!isFixed && !isExcluded && !(isThinking && wanted < 0.95)) return wanted;
  losses.tuning("top_p");
  return undefined;
};
