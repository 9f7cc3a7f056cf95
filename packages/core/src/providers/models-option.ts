import type { Target } from "../chat/target.ts";
import type { Context } from "../pipeline/context.ts";
import { isModelName } from "./declared-models.ts";

/** Puts targets in the order in which they are tried. A function may also leave some out. */
export type Strategy =
  | (typeof strategyNames)[number]
  | ((candidates: readonly Target[], context: Context) => readonly Target[]);

export const strategyNames = ["ordered", "weighted", "cheapest"] as const;

/** A target as users write it: `provider/model`, or a model's name for every provider that serves it. */
export type TargetOption =
  | string
  | {
      readonly target: string;
      /** Share of requests under the `weighted` strategy, divided among the providers of a bare name. @default 1 */
      readonly weight?: number;
    };

/** The `models` option: names clients may ask for, and what they stand for. In a plain list, later ones are fallbacks. */
export type ModelsOption = Readonly<
  Record<string, readonly string[] | { readonly strategy?: Strategy; readonly targets: readonly TargetOption[] }>
>;

/** One entry of the option, with its targets found. */
export interface NamedModel {
  readonly name: string;
  readonly strategy?: Strategy;
  readonly targets: readonly Target[];
}

/**
 * Reads the `models` option.
 *
 * @param find the targets of `provider/model` or of a bare name. Configured names are not among them, so none can go
 * in circles, and a name may stand for the model that is called the same.
 * @throws TypeError naming the entry at fault and how to mend it.
 */
export const readModelsOption = (
  option: unknown,
  find: (name: string) => readonly Target[] | undefined,
  providerIds: readonly string[],
): ReadonlyMap<string, NamedModel> => {
  if (!isRecord(option)) throw new TypeError("`models` must be an object of names and their targets.");
  const named = new Map<string, NamedModel>();
  for (const [name, value] of Object.entries(option)) {
    const place = `\`models[${JSON.stringify(name)}]\``;
    if (!isModelName(name)) throw new TypeError(`${place}: a name has 1 to 256 characters and no control characters.`);
    const { strategy, entries } = readEntry(value, place);
    const targets = new Map<string, Target>();
    for (const [index, entry] of entries.entries()) {
      const at = Array.isArray(value) ? `${place}[${index}]` : `${place}.targets[${index}]`;
      const { reference, weight } = readTarget(entry, at);
      const found = find(reference);
      if (found === undefined) throw new TypeError(`${at} ${explain(reference, option, providerIds)}`);
      for (const target of found) {
        if (targets.has(target.id)) {
          // A bare name may well cover a target that was named before it; a target named twice is a slip.
          if (found.length > 1) continue;
          throw new TypeError(`${at} names ${target.id} a second time.`);
        }
        targets.set(target.id, weight === undefined ? target : { ...target, weight: weight / found.length });
      }
    }
    named.set(name, { name, ...(strategy === undefined ? {} : { strategy }), targets: [...targets.values()] });
  }
  return named;
};

const readEntry = (
  value: unknown,
  place: string,
): { readonly strategy: Strategy | undefined; readonly entries: readonly unknown[] } => {
  if (!Array.isArray(value) && !isRecord(value)) {
    throw new TypeError(`${place} must be an array of targets, or an object with \`targets\` and \`strategy\`.`);
  }
  const given: Readonly<Record<string, unknown>> = Array.isArray(value) ? { targets: value } : { ...value };
  for (const field of Object.keys(given)) {
    if (field !== "targets" && field !== "strategy") {
      throw new TypeError(`${place} has no field \`${field}\`; it has \`targets\` and \`strategy\`.`);
    }
  }
  const { targets, strategy } = given;
  if (!Array.isArray(targets) || targets.length === 0) {
    throw new TypeError(`${place} must have at least one target, like "openai/gpt-5-mini".`);
  }
  if (strategy !== undefined && !isStrategy(strategy)) {
    const known = strategyNames.map((name) => JSON.stringify(name)).join(", ");
    throw new TypeError(`${place}.strategy must be one of ${known}, or a function.`);
  }
  return { strategy, entries: targets };
};

// Of a function no more can be known than that it is one; route() checks what it returns by using it.
const isStrategy = (value: unknown): value is Strategy =>
  typeof value === "function" || strategyNames.some((name) => name === value);

const readTarget = (
  entry: unknown,
  at: string,
): { readonly reference: string; readonly weight: number | undefined } => {
  if (typeof entry === "string") return { reference: entry, weight: undefined };
  if (!isRecord(entry) || typeof entry["target"] !== "string") {
    throw new TypeError(`${at} must be a target like "openai/gpt-5-mini", or { target, weight }.`);
  }
  for (const field of Object.keys(entry)) {
    if (field !== "target" && field !== "weight") throw new TypeError(`${at} has no field \`${field}\`.`);
  }
  const { target, weight } = entry;
  if (weight !== undefined && !(typeof weight === "number" && Number.isFinite(weight) && weight > 0)) {
    throw new TypeError(`${at}.weight must be a number above 0. To take a target out, remove it.`);
  }
  return { reference: target, weight };
};

/** Why a reference leads nowhere. */
const explain = (
  reference: string,
  option: Readonly<Record<string, unknown>>,
  providerIds: readonly string[],
): string => {
  const shown = JSON.stringify(reference.slice(0, 100));
  if (Object.hasOwn(option, reference)) {
    return `refers to the configured name ${shown}; a name may refer to targets only. List that name's targets here.`;
  }
  const known = providerIds.length === 0 ? "there are none" : `there are ${providerIds.slice(0, 20).join(", ")}`;
  return reference.includes("/")
    ? `is ${shown}, but no such provider is configured; ${known}.`
    : `is ${shown}, which no configured provider is known to serve. Write it as "provider/model"; as for providers, ${known}.`;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
