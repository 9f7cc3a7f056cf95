import { cacheHintsOf } from "../chat/cache-hints.ts";
import type { CacheHint } from "../chat/message.ts";
import type { ChatRequest } from "../chat/request.ts";
import type { Json, PromptCaching } from "./dialect.ts";
import { present, readObject, readString } from "./fields.ts";
import type { Quirks } from "./quirks.ts";

/** OpenAI's mark on a part behind which a prompt is kept. It is a cache hint, so nobody loses it by this name. */
export const breakpointField = "prompt_cache_breakpoint";

export const readBreakpoint = (holder: Json, param: string): CacheHint | undefined => {
  const place = `${param}.${breakpointField}`;
  const mark = readObject(holder[breakpointField], place);
  return mark && present({ ttl: readString(mark["ttl"], `${place}.ttl`) });
};

/** The mark for a hint, where the model takes marks. How long they last is said once, for all of a request. */
export const writeBreakpoint = (hint: CacheHint | undefined, { cacheBreakpoints }: Quirks): Json =>
  hint === undefined || cacheBreakpoints !== true ? {} : { [breakpointField]: { mode: "explicit" } };

/** How long the whole prompt is kept, for models that take no marks: longer costs nothing. */
export const retentionFor = (request: ChatRequest, { cacheRetention }: Quirks): string | undefined =>
  cacheRetention === true && cacheHintsOf(request).some(isHour) ? "24h" : undefined;

const isHour = ({ ttl }: CacheHint): boolean => ttl !== undefined && /^\d+h$/.test(ttl);

/** Fields of a request about its cache that both of OpenAI's dialects have. */
export const cacheFields: readonly string[] = ["prompt_cache_retention", "prompt_cache_options"];

/** What one of OpenAI's models, or a server like it, can be told of how to keep prompts. */
export const openaiCaching = ({ cacheBreakpoints, cacheRetention, cacheKey }: Quirks): PromptCaching | undefined => {
  if (cacheBreakpoints !== true && cacheRetention !== true && cacheKey !== true) return undefined;
  return {
    // It sets a fourth mark itself, at the end of the conversation.
    marks: cacheBreakpoints === true ? 3 : 0,
    places: ["system"],
    minTokens: 1024,
    hour: cacheRetention === true,
    key: cacheKey === true,
  };
};
