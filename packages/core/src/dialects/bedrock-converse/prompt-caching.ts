import { claudeCaching } from "../claude/prompt-caching.ts";
import { cachePlaces, type BackTarget, type PromptCaching } from "../dialect.ts";
import { maxCachePoints } from "./cache-points.ts";
import { traitsOf } from "./model-traits.ts";

/** What a model can be told of how to keep prompts. */
export const promptCaching = ({ model, info }: BackTarget): PromptCaching | undefined => {
  const { cachePoints, cacheTtl } = traitsOf(model, info);
  if (cachePoints === "none") return undefined;
  return {
    marks: maxCachePoints,
    places: cachePoints === "all" ? cachePlaces : ["system", "turns"],
    minTokens: claudeCaching(model, info)?.minTokens ?? 1024,
    hour: cacheTtl,
    key: false,
  };
};
