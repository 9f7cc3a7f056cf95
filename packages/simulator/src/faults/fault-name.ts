import type { FaultOptions } from "./fault.ts";

/** A fault as it is written in a model name, a header or a script. */
export interface FaultName {
  readonly name: string;
  readonly options: FaultOptions;
  /** How many times it strikes before the answer is a normal one; infinite when not given. */
  readonly times: number;
}

const grammar = /^([a-z0-9-]+)(?:\*(\d+))?(?:\?([^*]*))?(?:\*(\d+))?$/u;

const numberOption = (value: string, name: string): number => {
  const number = Number(value);
  if (value === "" || !Number.isInteger(number) || number < 0) {
    throw new TypeError(`the fault option \`${name}\` must be a whole number, got "${value}"`);
  }
  return number;
};

const readers: Readonly<Record<string, (value: string) => FaultOptions>> = {
  "retry-after": (value) => ({ retryAfter: value }),
  "retry-after-ms": (value) => ({ retryAfterMs: value }),
  "should-retry": (value) => ({ shouldRetry: value }),
  ms: (value) => ({ ms: numberOption(value, "ms") }),
  after: (value) => ({ after: numberOption(value, "after") }),
};

const readOptions = (query: string): FaultOptions =>
  [...new URLSearchParams(query)].reduce<FaultOptions>((options, [name, value]) => {
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (reader === undefined) {
      throw new TypeError(`unknown fault option \`${name}\`; there are ${Object.keys(readers).join(", ")}`);
    }
    return { ...options, ...reader(value) };
  }, {});

/**
 * Reads `503`, `503*2` (only the first two times) or `429?retry-after=2`.
 *
 * @throws TypeError when it is none of these or an option is unknown.
 */
export const readFaultName = (text: string): FaultName => {
  const match = grammar.exec(text.trim());
  if (match?.[1] === undefined) {
    throw new TypeError(`"${text}" is not the name of a fault; write it like 503, 503*2 or 429?retry-after=2`);
  }
  const times = match[2] ?? match[4];
  return {
    name: match[1],
    options: readOptions(match[3] ?? ""),
    times: times === undefined ? Infinity : Number(times),
  };
};

const prefix = "fault:";

/** The fault that a model name asks for, as text; undefined for any other model. */
export const faultOfModel = (model: string): string | undefined =>
  model.startsWith(prefix) ? model.slice(prefix.length) : undefined;
