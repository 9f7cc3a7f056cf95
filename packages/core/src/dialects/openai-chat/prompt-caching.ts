import { claudeCaching } from "../claude/prompt-caching.ts";
import type { BackTarget, PromptCaching } from "../dialect.ts";
import { openaiCaching } from "../openai-cache.ts";

/** Qwen takes marks in messages, beside what Alibaba keeps without being told. */
const qwen: PromptCaching = { marks: 4, places: ["system", "turns"], minTokens: 1024, hour: false, key: false };

/** What a server can be told of how to keep prompts; of servers that serve many models, by the model. */
export const promptCaching = ({ model, info, quirks }: BackTarget): PromptCaching | undefined => {
  if (quirks.cacheControl !== true) return openaiCaching(quirks);
  return claudeCaching(model, info) ?? (/qwen/i.test(info?.base ?? model) ? qwen : undefined);
};
