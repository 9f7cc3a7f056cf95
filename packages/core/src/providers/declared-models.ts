import { capabilities, type Model, type Price } from "./catalog.ts";
import type { ProviderOptions } from "./provider.ts";

type Declared = NonNullable<ProviderOptions["models"]>[number];

/** Whether a text can be the name of a model: short enough for a path and a label, nothing that breaks a line. */
export const isModelName = (name: unknown): name is string =>
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  typeof name === "string" && name.length > 0 && name.length <= 256 && !/[\u0000-\u001f\u007f-\u009f]/.test(name);

/**
 * The catalog's models with those from the `models` option added or corrected. Without any, the catalog's own map, so
 * that a thousand providers share it.
 *
 * @throws TypeError naming the entry and what it must be.
 */
export const declareModels = (
  known: ReadonlyMap<string, Model>,
  declared: readonly Declared[] | undefined,
  factory: string,
): ReadonlyMap<string, Model> => {
  if (declared === undefined) return known;
  if (!Array.isArray(declared)) throw new TypeError(`\`models\` of ${factory} must be an array of names or models.`);
  if (declared.length === 0) return known;
  const models = new Map(known);
  const seen = new Set<string>();
  for (const [index, entry] of declared.entries()) {
    const option = `\`models[${index}]\` of ${factory}`;
    const facts: Declared = typeof entry === "string" ? { id: entry } : entry;
    checkModel(facts, option);
    if (seen.has(facts.id)) throw new TypeError(`${option} declares ${JSON.stringify(facts.id)} a second time.`);
    seen.add(facts.id);
    const stated = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
    const inherited = facts.base === undefined ? undefined : models.get(facts.base);
    models.set(facts.id, {
      mode: "chat",
      capabilities: [],
      ...inherited,
      ...models.get(facts.id),
      ...stated,
      id: facts.id,
    });
  }
  return models;
};

const fields: ReadonlySet<string> = new Set<keyof Model>([
  "id",
  "base",
  "mode",
  "onlyApi",
  "contextWindow",
  "maxOutputTokens",
  "capabilities",
  "price",
  "tiers",
  "deprecationDate",
]);

// A record, so that the compiler sees to it that no part is forgotten.
const priceParts: Readonly<Record<keyof Price, true>> = {
  input: true,
  output: true,
  cacheRead: true,
  cacheWrite: true,
  cacheWriteLong: true,
  audioInput: true,
  audioOutput: true,
  reasoning: true,
};

function checkModel(model: unknown, option: string): asserts model is Partial<Model> & { readonly id: string } {
  if (!isRecord(model) || !isModelName(model["id"])) {
    throw new TypeError(`${option} must be a model's name of 1 to 256 characters, or an object with such an \`id\`.`);
  }
  for (const name of Object.keys(model)) {
    if (!fields.has(name)) throw new TypeError(`${option} has no field \`${name}\`; it has ${[...fields].join(", ")}.`);
  }
  const { base, mode, price, tiers } = model;
  if (base !== undefined && !isModelName(base))
    throw new TypeError(`\`base\` in ${option} must be the name of a model.`);
  if (mode !== undefined && mode !== "chat" && mode !== "embedding") {
    throw new TypeError(`\`mode\` in ${option} must be "chat" or "embedding".`);
  }
  const { onlyApi } = model;
  if (onlyApi !== undefined && onlyApi !== "chat" && onlyApi !== "responses") {
    throw new TypeError(`\`onlyApi\` in ${option} must be "chat" or "responses".`);
  }
  for (const name of ["contextWindow", "maxOutputTokens"]) {
    const value = model[name];
    if (value !== undefined && !isCount(value, 1))
      throw new TypeError(`\`${name}\` in ${option} must be a positive integer.`);
  }
  const stated: unknown = model["capabilities"];
  // Widened, to ask whether any string is among them.
  const names: readonly string[] = capabilities;
  if (stated !== undefined && !(Array.isArray(stated) && stated.every((name) => names.includes(String(name))))) {
    throw new TypeError(`\`capabilities\` in ${option} must be an array of ${names.join(", ")}.`);
  }
  const date = model["deprecationDate"];
  if (date !== undefined && !(typeof date === "string" && /^\d{4}-\d\d-\d\d$/.test(date))) {
    throw new TypeError(`\`deprecationDate\` in ${option} must be a date like "2027-01-31".`);
  }
  if (price !== undefined) checkPrice(price, `\`price\` in ${option}`);
  if (tiers === undefined) return;
  if (!Array.isArray(tiers)) throw new TypeError(`\`tiers\` in ${option} must be an array.`);
  for (const [index, tier] of tiers.entries()) checkTier(tier, `\`tiers[${index}]\` in ${option}`);
}

const checkTier = (tier: unknown, option: string): void => {
  const known =
    isRecord(tier) && Object.keys(tier).every((name) => /^(serviceTier|aboveInputTokens|price)$/.test(name));
  if (!known || (tier["serviceTier"] === undefined && tier["aboveInputTokens"] === undefined)) {
    throw new TypeError(`${option} must have \`price\` and one or both of \`serviceTier\` and \`aboveInputTokens\`.`);
  }
  const { serviceTier, aboveInputTokens } = tier;
  if (serviceTier !== undefined && (typeof serviceTier !== "string" || serviceTier === "")) {
    throw new TypeError(`\`serviceTier\` of ${option} must be a service tier's name.`);
  }
  if (aboveInputTokens !== undefined && !isCount(aboveInputTokens, 1)) {
    throw new TypeError(`\`aboveInputTokens\` of ${option} must be a positive integer.`);
  }
  checkPrice(tier["price"], `\`price\` of ${option}`);
};

// A thousand dollars a million tokens; beyond that somebody took dollars per million for nano-dollars per token.
const dearest = 1_000_000;

const checkPrice = (price: unknown, option: string): void => {
  if (!isRecord(price) || price["input"] === undefined || price["output"] === undefined) {
    throw new TypeError(`${option} must be an object with \`input\` and \`output\`.`);
  }
  for (const [name, value] of Object.entries(price)) {
    if (!Object.hasOwn(priceParts, name)) {
      throw new TypeError(`${option} has no part \`${name}\`; it has ${Object.keys(priceParts).join(", ")}.`);
    }
    if (value !== undefined && !(isCount(value, 0) && value <= dearest)) {
      throw new TypeError(
        `\`${name}\` of ${option} must be an integer from 0 to ${dearest}: nano-dollars per token. ` +
          "A price of $2.50 per million tokens is 2500.",
      );
    }
  }
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isCount = (value: unknown, low: number): value is number => Number.isSafeInteger(value) && Number(value) >= low;
