import type { Price } from "../../packages/core/src/providers/catalog.ts";
import { isObject, Skip, type Json } from "./row.ts";

/** What a row says of prices. */
export type Prices = Partial<Record<keyof Price, number>>;

const priceFields: ReadonlyMap<string, keyof Price> = new Map([
  ["input_cost_per_token", "input"],
  ["output_cost_per_token", "output"],
  ["cache_read_input_token_cost", "cacheRead"],
  ["cache_creation_input_token_cost", "cacheWrite"],
  ["cache_creation_input_token_cost_above_1hr", "cacheWriteLong"],
  ["input_cost_per_audio_token", "audioInput"],
  ["output_cost_per_audio_token", "audioOutput"],
  ["output_cost_per_reasoning_token", "reasoning"],
]);
/** Order of prices in the catalog. */
export const priceParts: readonly (keyof Price)[] = [...priceFields.values()];
const serviceTiers: ReadonlyMap<string, string> = new Map([
  ["flex", "flex"],
  ["priority", "priority"],
  ["batches", "batch"],
]);

/** Dollars as nano-dollars, rounded up; twelve digits first, so that 1.5e-7 is 150 and not 151. */
const nanoDollars = (value: unknown, field: string): number => {
  // No token costs a tenth of a cent.
  if (typeof value !== "number" || !(value >= 0 && value < 0.001)) throw new Skip(`${field} is no price of a token`);
  return Math.ceil(Number((value * 1e9).toPrecision(12)));
};

const fieldPattern = /^(.+?)(?:_above_(\d+)k_tokens)?(?:_(flex|priority|batches))?$/;

/** Prices that apply under conditions; `null` where there is none. */
export interface Tier {
  readonly serviceTier: string | null;
  readonly above: number | null;
  readonly prices: Prices;
}

/** Every price in a row, by the conditions under which it applies. */
export const readPrices = (row: Json): Tier[] => {
  const tiers = new Map<string, Tier>();
  const tierAt = (serviceTier: string | null, above: number | null): Tier => {
    const key = `${serviceTier} ${above}`;
    const tier = tiers.get(key) ?? { serviceTier, above, prices: {} };
    tiers.set(key, tier);
    return tier;
  };
  const read = (fields: Json, from?: number): void => {
    for (const [name, value] of Object.entries(fields)) {
      const [, field = "", above, serviceTier] = fieldPattern.exec(name) ?? [];
      const part = priceFields.get(field);
      if (part === undefined || value === undefined || value === null) continue;
      const threshold = above === undefined ? (from ?? null) : Number(above) * 1000;
      tierAt(serviceTiers.get(serviceTier ?? "") ?? null, threshold).prices[part] = nanoDollars(value, name);
    }
  };
  read(row);
  // Some providers' lists are tables of prompt lengths; the first row of such a table is the ordinary price.
  for (const step of Array.isArray(row["tiered_pricing"]) ? row["tiered_pricing"] : []) {
    if (!isObject(step) || !Array.isArray(step["range"]))
      throw new Skip("tiered_pricing is no table of prompt lengths");
    const from: unknown = step["range"][0];
    if (typeof from !== "number" || !Number.isInteger(from)) throw new Skip("tiered_pricing has no prompt lengths");
    read(step, from === 0 ? undefined : from);
  }
  return [...tiers.values()];
};

/**
 * Both totals or nothing: a part of the price alone cannot price a call. A part that costs nothing, or the same as its
 * whole, is left out; it then costs the same as its whole.
 */
export const pricesOf = (read: Prices, mode: string, free: boolean): Prices | undefined => {
  const output = read.output ?? (mode === "embedding" ? 0 : undefined);
  if (read.input === undefined || output === undefined) return undefined;
  if (free && read.input === 0 && output === 0) return { input: 0, output: 0 };
  if (read.input === 0 || (output === 0 && mode === "chat")) return undefined;
  const kept: Prices = { input: read.input, output };
  for (const part of priceParts.slice(2)) {
    const whole = wholeOf(part, kept);
    const value = read[part];
    if (value !== undefined && value !== 0 && value !== whole) kept[part] = value;
  }
  return kept;
};

/** What a part costs where it has no price of its own. */
const wholeOf = (part: keyof Price, { input, output, cacheWrite }: Prices): number | undefined => {
  if (part === "reasoning" || part === "audioOutput") return output;
  return part === "cacheWriteLong" ? (cacheWrite ?? input) : input;
};

/** Prices in the order of `priceParts`, without the unknown ones at the end. */
export const priceRow = (price: Prices): (number | null)[] => {
  const last = priceParts.findLastIndex((part) => price[part] !== undefined);
  return priceParts.slice(0, last + 1).map((part) => price[part] ?? null);
};
