import { createRequire } from "node:module";
import type { Usage } from "../chat/usage.ts";
import type { ModelFacts } from "../dialects/dialect.ts";

/** Price per token in integer nano-dollars (1e-9 USD); a part that is absent costs the same as its whole. */
export interface Price {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  /** Cache writes kept for an hour. */
  readonly cacheWriteLong?: number;
  readonly audioInput?: number;
  readonly audioOutput?: number;
  readonly reasoning?: number;
}

/** Every capability the catalog can state; one that a model lacks may also be one that nobody has recorded. */
export const capabilities = [
  "tools",
  "parallel-tools",
  "tool-choice",
  "json-schema",
  "reasoning",
  "vision",
  "audio-input",
  "audio-output",
  "video-input",
  "file-input",
  "prompt-caching",
  "assistant-prefill",
  "web-search",
  "system-messages",
  // System messages between the turns, not only before them
  "mid-system",
  // Decides by itself how much to think
  "adaptive-thinking",
] as const;

export type Capability = (typeof capabilities)[number];

/** What is known of one model at one provider. */
export interface Model {
  readonly id: string;
  /**
   * The model that this is, or is made of, where its own name does not tell: that of an inference profile, a deployment
   * or a fine-tuned model. What is known of it holds for this one as well.
   */
  readonly base?: string;
  readonly mode: "chat" | "embedding";
  /** The one of OpenAI's two APIs that serves it; absent where both do, where nobody knows, and at other providers. */
  readonly onlyApi?: "chat" | "responses";
  /** Tokens of prompt and answer together, or of the prompt where the provider counts them apart. */
  readonly contextWindow?: number;
  readonly maxOutputTokens?: number;
  readonly capabilities: readonly Capability[];
  /** Absent: nobody knows. Zero: free. */
  readonly price?: Price;
  /** Other prices: by service tier (`flex`, `priority`, `batch`) and above a prompt length. */
  readonly tiers?: readonly PriceTier[];
  /** ISO date after which the provider may stop serving it. */
  readonly deprecationDate?: string;
}

export interface PriceTier {
  readonly serviceTier?: string;
  /** Applies to the whole call when its prompt is longer than this. */
  readonly aboveInputTokens?: number;
  readonly price: Price;
}

/** Prices in the order of the file's `prices`; `null` where one is unknown, trailing ones left out. */
type PriceRow = readonly (number | null)[];

/** One model in `catalog.json`. Its keys are short because there are a thousand of them. */
interface CatalogRow {
  /** Set on embedding models. */
  readonly embedding?: 1;
  /** The only API that serves it, where one of two does not. */
  readonly only?: "chat" | "responses";
  readonly window?: number;
  readonly output?: number;
  /** Bit n stands for the n-th of the file's `capabilities`. */
  readonly can?: number;
  readonly price?: PriceRow;
  /** Service tier or `null`, prompt length or `null`, prices. */
  readonly tiers?: readonly (readonly [string | null, number | null, PriceRow])[];
  readonly until?: string;
}

/** `catalog.json`, as `scripts/build-catalog.ts` writes it. */
export interface CatalogFile {
  /** Where the facts come from, and under which licence. */
  readonly source: Readonly<Record<string, string>>;
  readonly capabilities: readonly Capability[];
  readonly prices: readonly (keyof Price)[];
  readonly providers: Readonly<Record<string, Readonly<Record<string, CatalogRow>>>>;
}

let file: CatalogFile | undefined;
const decoded = new Map<string, ReadonlyMap<string, Model>>();
const noModels: ReadonlyMap<string, Model> = new Map();

// `require` and not an import: it reads the file when the first provider is made instead of when the package is loaded,
// it is synchronous as provider factories are, `./catalog.json` lies beside this file in `src` and in `dist` alike,
// and the compiler need not infer a type from a thousand models. The cast holds because the file is generated.
const load = (): CatalogFile => (file ??= createRequire(import.meta.url)("./catalog.json") as CatalogFile);

/** The models the catalog knows of a provider, by id; one shared map per provider, decoded when first asked for. */
export const catalogModels = (provider: string): ReadonlyMap<string, Model> => {
  const known = decoded.get(provider);
  if (known !== undefined) return known;
  const catalog = load();
  // Names the catalog lacks are not remembered: they come from configuration and could be many.
  if (!Object.hasOwn(catalog.providers, provider)) return noModels;
  const models = new Map<string, Model>();
  for (const [id, row] of Object.entries(catalog.providers[provider] ?? {})) {
    models.set(id, decodeModel(id, row, catalog));
  }
  decoded.set(provider, models);
  return models;
};

const decodeModel = (id: string, row: CatalogRow, catalog: CatalogFile): Model => ({
  id,
  mode: row.embedding === 1 ? "embedding" : "chat",
  ...(row.only === undefined ? {} : { onlyApi: row.only }),
  ...(row.window === undefined ? {} : { contextWindow: row.window }),
  ...(row.output === undefined ? {} : { maxOutputTokens: row.output }),
  capabilities: catalog.capabilities.filter((_, bit) => ((row.can ?? 0) >> bit) & 1),
  ...(row.price === undefined ? {} : { price: decodePrice(row.price, catalog) }),
  ...(row.tiers === undefined
    ? {}
    : {
        tiers: row.tiers.map(([serviceTier, aboveInputTokens, price]) => ({
          ...(serviceTier === null ? {} : { serviceTier }),
          ...(aboveInputTokens === null ? {} : { aboveInputTokens }),
          price: decodePrice(price, catalog),
        })),
      }),
  ...(row.until === undefined ? {} : { deprecationDate: row.until }),
});

const decodePrice = (row: PriceRow, { prices }: CatalogFile): Price => {
  const price: { -readonly [K in keyof Price]: Price[K] } = { input: 0, output: 0 };
  prices.forEach((part, index) => {
    const value = row[index];
    if (typeof value === "number") price[part] = value;
  });
  return price;
};

/** What a request encoder may rely on; capabilities only where some are recorded, because none means not known. */
export const modelFacts = (model: Model): ModelFacts => ({
  ...(model.base === undefined ? {} : { base: model.base }),
  ...(model.contextWindow === undefined ? {} : { contextWindow: model.contextWindow }),
  ...(model.maxOutputTokens === undefined ? {} : { maxOutputTokens: model.maxOutputTokens }),
  ...(model.capabilities.length === 0 ? {} : { capabilities: model.capabilities }),
});

export interface PriceConditions {
  readonly serviceTier?: string | undefined;
  /** Tokens of the whole prompt, cached ones included. @default 0 */
  readonly inputTokens?: number | undefined;
}

/**
 * The price of one call; `undefined` where nobody knows it. Where the catalog has a price for the service tier and one
 * for the prompt length but none for both together, the dearer of the two.
 */
export const priceOf = (model: Model, { serviceTier, inputTokens = 0 }: PriceConditions = {}): Price | undefined => {
  let best: PriceTier | undefined;
  for (const tier of model.tiers ?? []) {
    if (tier.serviceTier !== undefined && tier.serviceTier !== serviceTier) continue;
    if (tier.aboveInputTokens !== undefined && inputTokens <= tier.aboveInputTokens) continue;
    if (best === undefined || outranks(tier, best)) best = tier;
  }
  return best?.price ?? model.price;
};

const conditionsOf = (tier: PriceTier): number =>
  Number(tier.serviceTier !== undefined) + Number(tier.aboveInputTokens !== undefined);

const outranks = (tier: PriceTier, best: PriceTier): boolean => {
  const more = conditionsOf(tier) - conditionsOf(best);
  if (more !== 0) return more > 0;
  if (tier.serviceTier === best.serviceTier) return (tier.aboveInputTokens ?? 0) > (best.aboveInputTokens ?? 0);
  return tier.price.input + tier.price.output > best.price.input + best.price.output;
};

/**
 * What an answer costs by the price list, in integer nano-dollars. Never negative, also where a provider reports parts
 * that exceed their whole.
 */
export const costOf = (usage: Usage, price: Price): number => {
  const counts = usage.billed ?? usage;
  const input = spend(counts.inputTokens);
  const long = Math.min(counts.cacheWriteLongTokens ?? 0, counts.cacheWriteTokens ?? 0);
  const cacheWrite = price.cacheWrite ?? price.input;
  const inputCost =
    input.take(counts.cacheReadTokens) * (price.cacheRead ?? price.input) +
    input.take(long) * (price.cacheWriteLong ?? cacheWrite) +
    input.take((counts.cacheWriteTokens ?? 0) - long) * cacheWrite +
    input.take(counts.audioInputTokens) * (price.audioInput ?? price.input) +
    input.rest() * price.input;
  const output = spend(counts.outputTokens);
  const outputCost =
    output.take(counts.reasoningTokens) * (price.reasoning ?? price.output) +
    output.take(counts.audioOutputTokens) * (price.audioOutput ?? price.output) +
    output.rest() * price.output;
  return inputCost + outputCost;
};

/** Takes parts out of a total until nothing is left of it. */
const spend = (total: number): { readonly take: (part?: number) => number; readonly rest: () => number } => {
  let left = Math.max(0, total);
  return {
    take: (part = 0) => {
      const taken = Math.min(Math.max(0, part), left);
      left -= taken;
      return taken;
    },
    rest: () => left,
  };
};
