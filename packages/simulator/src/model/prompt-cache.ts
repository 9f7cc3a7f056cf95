import { createHash } from "node:crypto";
import type { Prompt } from "./prompt.ts";
import { blockTokens, type Usage } from "./usage.ts";

/** Input side of the usage of one request. */
export type InputUsage = Pick<Usage, "inputTokens" | "cacheReadTokens" | "cacheWriteTokens" | "cacheWriteHourTokens">;

/** Remembers the prefixes of earlier prompts, so that a long one that comes again is reported as cached. */
export interface PromptCache {
  /** Counts a prompt, and remembers its prefixes for the next one. */
  readonly read: (prompt: Prompt) => InputUsage;
  readonly clear: () => void;
}

/** Shorter prefixes are not cached, as providers have it. */
const shortestPrefix = 1024;
/** Providers that find prefixes by themselves count them in steps. */
const implicitStep = 128;
const mostPrefixes = 10_000;

interface Prefix {
  readonly hash: string;
  readonly tokens: number;
  readonly keepFor: "5m" | "1h" | undefined;
}

const prefixesOf = (prompt: Prompt): readonly Prefix[] => {
  let hash = prompt.model;
  let tokens = 0;
  return prompt.blocks.map((block) => {
    hash = createHash("sha256").update(hash).update("\0").update(block.text).digest("base64url");
    tokens += blockTokens(block);
    return { hash, tokens, keepFor: block.keepFor };
  });
};

/** Makes an empty cache; it holds at most 10 000 prefixes and forgets the oldest. */
export const createPromptCache = (): PromptCache => {
  const known = new Set<string>();

  const remember = (hash: string): void => {
    known.delete(hash);
    known.add(hash);
    const oldest = known.values().next();
    if (known.size > mostPrefixes && oldest.done !== true) known.delete(oldest.value);
  };

  const read = (prompt: Prompt): InputUsage => {
    const prefixes = prefixesOf(prompt);
    const inputTokens = prefixes.at(-1)?.tokens ?? 0;
    const marked = prompt.caching === "explicit" ? prefixes.filter((prefix) => prefix.keepFor !== undefined) : prefixes;
    const cacheable = marked.filter((prefix) => prefix.tokens >= shortestPrefix);
    const found = cacheable.findLast((prefix) => known.has(prefix.hash))?.tokens ?? 0;
    for (const prefix of cacheable) remember(prefix.hash);

    if (prompt.caching === "implicit") {
      const cacheReadTokens = Math.floor(found / implicitStep) * implicitStep;
      return { inputTokens, cacheReadTokens, cacheWriteTokens: 0, cacheWriteHourTokens: 0 };
    }
    // Hour-long entries come first in a prompt; what follows them up to the last marker is kept for five minutes.
    const last = Math.max(found, cacheable.at(-1)?.tokens ?? 0);
    const hour = Math.max(found, cacheable.findLast((prefix) => prefix.keepFor === "1h")?.tokens ?? 0);
    return {
      inputTokens,
      cacheReadTokens: found,
      cacheWriteTokens: last - hour,
      cacheWriteHourTokens: hour - found,
    };
  };

  return { read, clear: () => known.clear() };
};
