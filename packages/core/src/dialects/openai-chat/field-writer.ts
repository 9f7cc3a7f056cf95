import type { Losses } from "../losses.ts";
import type { Quirks } from "../quirks.ts";

/** Why a request must not lose a parameter in silence. All that are not listed are tuning knobs. */
const meanings: ReadonlyMap<string, string> = new Map([
  ["tools", "it calls no tools"],
  ["tool_choice", "it can not be made to call a tool"],
  ["response_format", "it has no structured output"],
  ["n", "it gives one answer only"],
  ["logprobs", "it tells no probabilities"],
  ["top_logprobs", "it tells no probabilities"],
  ["stop", "it has no stop sequences"],
  ["modalities", "it answers in text only"],
  ["audio", "it answers in text only"],
]);

/** Values that ask for what the server does anyway. */
const isHarmless = (name: string, value: unknown): boolean => {
  switch (name) {
    case "n":
    case "temperature":
    case "top_p":
      return value === 1;
    case "logprobs":
    case "store":
      return value === false;
    case "frequency_penalty":
    case "presence_penalty":
    case "top_logprobs":
      return value === 0;
    case "parallel_tool_calls":
      return value === true;
    default:
      return false;
  }
};

/** Writes a request's fields, of which the server may not know all. */
export interface FieldWriter {
  readonly body: Readonly<Record<string, unknown>>;
  /** Nothing for `undefined`. `param` is the client's name where the server has another. */
  readonly put: (name: string, value: unknown, param?: string) => void;
}

export const createFieldWriter = (quirks: Quirks, losses: Losses): FieldWriter => {
  const body: Record<string, unknown> = {};
  const lose = (param: string): void => {
    const why = meanings.get(param);
    if (why === undefined) losses.tuning(param);
    else losses.meaning(param, why);
  };
  return {
    body,
    put: (name, value, param = name) => {
      if (value === undefined || (value === null && quirks.noNullFields === true)) return;
      if (quirks.unsupported?.includes(param) === true) {
        if (!isHarmless(param, value)) lose(param);
        return;
      }
      // defineProperty, so that a field called __proto__ stays a field.
      Object.defineProperty(body, name, { value, enumerable: true, writable: true, configurable: true });
    },
  };
};
