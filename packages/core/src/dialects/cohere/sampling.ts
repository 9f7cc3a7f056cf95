import type { ChatRequest } from "../../chat/request.ts";
import type { BackTarget, Json } from "../dialect.ts";
import { present } from "../fields.ts";
import type { Losses } from "../losses.ts";

const maxStopSequences = 5;

const within = (value: number | undefined, low: number, high: number): number | undefined =>
  value === undefined ? undefined : Math.min(Math.max(value, low), high);

/** How the answer is drawn and where it stops. Values beyond what the provider takes become the nearest it takes. */
export const encodeSampling = (request: ChatRequest, { quirks }: BackTarget, losses: Losses): Json => {
  const takes = (param: string): boolean => quirks.unsupported?.includes(param) !== true;
  const knob = (param: string, value: number | undefined): number | undefined => {
    if (value === undefined || takes(param)) return value;
    losses.tuning(param);
    return undefined;
  };
  const { seed } = request;
  if (request.choiceCount !== undefined && request.choiceCount > 1)
    losses.meaning("n", "it gives one answer at a time");
  if ((request.topLogprobs ?? 0) > 0) losses.meaning("top_logprobs", "it tells no alternatives");
  if (request.logprobs === true && !takes("logprobs")) losses.meaning("logprobs", "it does not tell them");
  // Other dialects have negative seeds.
  if (seed !== undefined && seed < 0) losses.tuning("seed");
  return present({
    max_tokens: request.maxOutputTokens,
    stop_sequences: stopSequences(request, losses),
    temperature: within(knob("temperature", request.temperature), 0, quirks.maxTemperature ?? 1),
    p: within(knob("top_p", request.topP), 0.01, 0.99),
    k: within(knob("top_k", request.topK), 0, 500),
    seed: seed !== undefined && seed < 0 ? undefined : knob("seed", seed),
    ...penalties(request, takes, losses),
    logprobs: request.logprobs === true && takes("logprobs") ? true : undefined,
  });
};

const stopSequences = ({ stop }: ChatRequest, losses: Losses): readonly string[] | undefined => {
  const sequences = stop?.filter((sequence) => sequence !== "") ?? [];
  if (sequences.length > maxStopSequences) {
    losses.meaning("stop", `it takes ${maxStopSequences} stop sequences at most`);
  }
  return sequences.length === 0 ? undefined : sequences.slice(0, maxStopSequences);
};

/** Penalties go from 0 to 1, and a request may hold one of the two. */
const penalties = (request: ChatRequest, takes: (param: string) => boolean, losses: Losses): Json => {
  const kept: Record<string, number> = {};
  for (const [param, value] of [
    ["frequency_penalty", request.frequencyPenalty],
    ["presence_penalty", request.presencePenalty],
  ] as const) {
    // A penalty of zero asks for nothing.
    if (value === undefined || value === 0) continue;
    if (value < 0 || !takes(param) || Object.keys(kept).length > 0) losses.tuning(param);
    else kept[param] = Math.min(value, 1);
  }
  return kept;
};
