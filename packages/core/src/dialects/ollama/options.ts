import type { ChatRequest } from "../../chat/request.ts";
import type { BackTarget, Json } from "../dialect.ts";
import { present } from "../fields.ts";
import type { Losses } from "../losses.ts";

/** `options`: how the answer is drawn and where it stops; empty where the request sets nothing. */
export const encodeOptions = (request: ChatRequest, { quirks }: BackTarget, losses: Losses): Json => {
  const knob = (param: string, value: number | undefined): number | undefined => {
    if (value === undefined || quirks.unsupported?.includes(param) !== true) return value;
    losses.tuning(param);
    return undefined;
  };
  const temperature = knob("temperature", request.temperature);
  const stop = request.stop?.filter((sequence) => sequence !== "") ?? [];
  return present({
    num_predict: request.maxOutputTokens,
    temperature: temperature === undefined ? undefined : Math.min(temperature, quirks.maxTemperature ?? Infinity),
    top_p: knob("top_p", request.topP),
    top_k: knob("top_k", request.topK),
    seed: knob("seed", request.seed),
    stop: stop.length === 0 ? undefined : stop,
    // Not to be taken for `repeat_penalty`, which multiplies.
    frequency_penalty: knob("frequency_penalty", request.frequencyPenalty),
    presence_penalty: knob("presence_penalty", request.presencePenalty),
  });
};
