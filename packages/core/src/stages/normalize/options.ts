import type { ChatRequest } from "../../chat/request.ts";
import { isObject } from "../../dialects/fields.ts";
import { checkCount, checkKnown, checkOneOf } from "../../check-options.ts";

/** Parameters that may be given for clients that leave them out. */
export type RequestDefaults = Partial<
  Pick<
    ChatRequest,
    | "maxOutputTokens"
    | "temperature"
    | "topP"
    | "topK"
    | "frequencyPenalty"
    | "presencePenalty"
    | "seed"
    | "stop"
    | "parallelToolCalls"
    | "reasoning"
    | "verbosity"
    | "serviceTier"
  >
>;

export interface NormalizeOptions {
  /** Model names by the names clients may use for them. Looked up once: an alias of an alias is not followed. */
  readonly aliases?: Readonly<Record<string, string>>;
  /**
   * Values for parameters that the client did not give. What it gave stands as it is: any `reasoning` preference of its
   * own keeps out all of the default ones. A request that takes one is written anew for its provider.
   */
  readonly defaults?: RequestDefaults;
  /**
   * Most choices (`n`) one request may ask for.
   *
   * @default 8
   */
  readonly maxChoices?: number;
  /**
   * Most messages in one request.
   *
   * @default 2048
   */
  readonly maxMessages?: number;
  /**
   * Most tools in one request.
   *
   * @default 1024
   */
  readonly maxTools?: number;
  /**
   * Most stop sequences in one request.
   *
   * @default 64
   */
  readonly maxStopSequences?: number;
  /**
   * What to do about tool calls without a result and results without a call. `"none"` refuses the request.
   * `"tool-results"` moves late results to their calls, says in place of a missing result that there is none, and
   * hands a result without a call to the model as a user's message.
   *
   * @default "none"
   */
  readonly repair?: "none" | "tool-results";
}

export interface Limits {
  readonly maxChoices: number;
  readonly maxMessages: number;
  readonly maxTools: number;
  readonly maxStopSequences: number;
}

export interface ResolvedNormalizeOptions {
  readonly aliases: ReadonlyMap<string, string>;
  readonly defaults: RequestDefaults;
  readonly limits: Limits;
  readonly repair: boolean;
}

const fallback: Limits = { maxChoices: 8, maxMessages: 2048, maxTools: 1024, maxStopSequences: 64 };

/**
 * Options with defaults filled in.
 *
 * @throws TypeError naming the option that is wrong.
 */
export const resolveNormalizeOptions = (options: NormalizeOptions): ResolvedNormalizeOptions => {
  checkKnown(options, "normalize", ["aliases", "defaults", "repair", ...Object.keys(fallback)]);
  const limits: Limits = {
    maxChoices: options.maxChoices ?? fallback.maxChoices,
    maxMessages: options.maxMessages ?? fallback.maxMessages,
    maxTools: options.maxTools ?? fallback.maxTools,
    maxStopSequences: options.maxStopSequences ?? fallback.maxStopSequences,
  };
  for (const [name, limit] of Object.entries(limits)) checkCount(limit, `normalize.${name}`);
  const repair = options.repair ?? "none";
  checkOneOf(repair, "normalize.repair", ["none", "tool-results"]);
  return {
    aliases: resolveAliases(options.aliases ?? {}),
    defaults: resolveDefaults(options.defaults ?? {}),
    limits,
    repair: repair === "tool-results",
  };
};

// A map, so that no client finds an alias called "constructor".
const resolveAliases = (aliases: Readonly<Record<string, string>>): ReadonlyMap<string, string> => {
  if (!isObject(aliases)) throw new TypeError("`normalize.aliases` must be an object of model names by alias.");
  for (const [alias, model] of Object.entries(aliases)) {
    if (typeof model !== "string" || model === "") {
      throw new TypeError(`\`normalize.aliases[${JSON.stringify(alias)}]\` must be the name of a model.`);
    }
  }
  return new Map(Object.entries(aliases));
};

interface Kind {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}
const number: Kind = { expected: "a number", accepts: Number.isFinite };
const integer: Kind = { expected: "an integer", accepts: Number.isSafeInteger };
const count: Kind = {
  expected: "a positive integer",
  accepts: (value) => Number.isSafeInteger(value) && Number(value) > 0,
};
const text: Kind = { expected: "a string", accepts: (value) => typeof value === "string" };
const flag: Kind = { expected: "true or false", accepts: (value) => typeof value === "boolean" };
const texts: Kind = {
  expected: "an array of strings",
  accepts: (value) => Array.isArray(value) && value.every(text.accepts),
};
const object: Kind = { expected: "an object", accepts: isObject };

const kinds: Readonly<Record<keyof RequestDefaults, Kind>> = {
  maxOutputTokens: count,
  temperature: number,
  topP: number,
  topK: count,
  frequencyPenalty: number,
  presencePenalty: number,
  seed: integer,
  stop: texts,
  parallelToolCalls: flag,
  reasoning: object,
  verbosity: text,
  serviceTier: text,
};

const isParameter = (name: string): name is keyof RequestDefaults => Object.hasOwn(kinds, name);

/** The defaults that were given, each of its kind. */
const resolveDefaults = (defaults: RequestDefaults): RequestDefaults => {
  if (!isObject(defaults)) throw new TypeError("`normalize.defaults` must be an object of parameters.");
  for (const [name, value] of Object.entries(defaults)) {
    if (!isParameter(name)) {
      const names = Object.keys(kinds).map((known) => `\`${known}\``);
      throw new TypeError(
        `\`normalize.defaults.${name}\` cannot be given; there are defaults for ${names.join(", ")}.`,
      );
    }
    const { expected, accepts } = kinds[name];
    if (value !== undefined && !accepts(value))
      throw new TypeError(`\`normalize.defaults.${name}\` must be ${expected}.`);
  }
  return Object.fromEntries(Object.entries(defaults).filter(([, value]) => value !== undefined));
};
