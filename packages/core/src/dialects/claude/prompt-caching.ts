import { cachePlaces, type ModelFacts, type PromptCaching } from "../dialect.ts";
import { isClaude } from "./model-traits.ts";

/** Models from before prompts were kept. */
const without = /claude-(instant|2|v2|3-sonnet)/;

// Tokens of the shortest prompt that is kept, by model; 1024 for all others.
const minimums: readonly (readonly [RegExp, number])[] = [
  [/claude-(opus-5|fable-5|mythos)/, 512],
  [/claude-(haiku-4[.-]5|opus-4[.-][56])/, 4096],
  [/claude-(opus-4[.-]7|3[.-](5-)?haiku)/, 2048],
];

/** How Claude is told what to keep; `undefined` for other models, and for those that keep nothing. */
export const claudeCaching = (model: string, facts: ModelFacts | undefined): PromptCaching | undefined => {
  const name = (facts?.base ?? model).toLowerCase();
  if (!isClaude(name) || without.test(name)) return undefined;
  const minTokens = minimums.find(([pattern]) => pattern.test(name))?.[1] ?? 1024;
  return { marks: 4, places: cachePlaces, minTokens, hour: true, key: false };
};
