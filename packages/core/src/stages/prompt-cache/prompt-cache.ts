import { estimateInputTokens } from "../../chat/estimate.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { PromptCaching } from "../../dialects/dialect.ts";
import { hasHistoryElsewhere } from "../../dialects/history-elsewhere.ts";
import type { Context } from "../../pipeline/context.ts";
import { defineStage, type Stage } from "../../pipeline/stage.ts";
import { calleeOf } from "../../providers/callee.ts";
import { factsOf } from "../../providers/target-facts.ts";
import { attribute } from "../../telemetry/semconv.ts";
import { countHints, hasOwnHints } from "./client-hints.ts";
import { hashKey } from "./hash-key.ts";
import { resolvePromptCacheOptions, type PromptCacheOptions, type PromptCacheSettings } from "./options.ts";
import { placeMarks, type Mark } from "./place-marks.ts";

export type { PromptCacheOptions } from "./options.ts";

/**
 * Tells providers what of a prompt to keep, for clients that do not: marks at the end of the tools, of the system
 * prompt and of the last turn, as many as the target takes, and a key where it takes one. What a target keeps by itself,
 * or not at all, is not touched, nor is a request whose client marked something. It stands inside `retry`, since each
 * target takes something else.
 *
 * @throws TypeError where an option is wrong.
 *
 * @example
 * createGateway({ stages: (defaults) => insertAfter(defaults, "retry", promptCache()) })
 */
export const promptCache = (options: PromptCacheOptions = {}): Stage => {
  const settings = resolvePromptCacheOptions(options, hashKey);
  return defineStage("prompt-cache", (context, next) => {
    const { request } = context;
    if (request.operation === "embeddings") return next();
    const plan = planFor(context, settings);
    report(context, plan);
    return plan.request === request ? next() : next({ request: plan.request });
  });
};

interface Plan {
  readonly request: ChatRequest;
  readonly marks: readonly Mark[];
  readonly key: boolean;
  /**
   * Why nothing was changed: the client marks its prompts itself, the target takes no marks, or nothing that stays the
   * same is long enough to be kept.
   */
  readonly skipped?: "client" | "target" | "nothing";
}

const planFor = (context: Context, settings: PromptCacheSettings): Plan => {
  const { request } = context;
  const skip = (skipped: Plan["skipped"] & string): Plan => ({ request, marks: [], key: false, skipped });
  const caching = cachingOf(context);
  if (caching === undefined) return skip("target");
  if (!settings.completes && hasOwnHints(request)) return skip("client");
  const kept = withHints(request, caching, settings);
  const takesKey = caching.key && request.cacheKey === undefined && !isShort(request, caching);
  const cacheKey = takesKey ? settings.keyOf?.(context) : undefined;
  if (cacheKey !== undefined) return { request: { ...kept.request, cacheKey }, marks: kept.marks, key: true };
  return kept.request === request ? skip("nothing") : { ...kept, key: false };
};

/** How the target keeps prompts; `undefined` where it cannot be told. */
const cachingOf = (context: Context): PromptCaching | undefined => {
  if (context.target === undefined) {
    throw new TypeError(
      'No target was chosen yet: promptCache() must stand inside retry(), as insertAfter(defaults, "retry", promptCache()) puts it.',
    );
  }
  const callee = calleeOf(context);
  return callee.dialect.promptCaching?.(factsOf(context, callee));
};

const hourHint = { ttl: "1h" };

const withHints = (
  request: ChatRequest,
  caching: PromptCaching,
  { ttl, places }: PromptCacheSettings,
): Pick<Plan, "request" | "marks"> => {
  const isHour = ttl === "1h" && caching.hour;
  // Where its first turns are left with the provider, what stands here is no beginning.
  if (caching.marks > 0 && !hasHistoryElsewhere(request)) {
    const room = caching.marks - countHints(request);
    const takes = new Set(caching.places.filter((place) => places.has(place)));
    return placeMarks(request, caching, takes, room, isHour ? hourHint : {});
  }
  // It takes no marks, but a word on how long to keep all of it.
  const isMarked = isHour && caching.marks === 0 && countHints(request) === 0 && !isShort(request, caching);
  return isMarked ? { request: { ...request, cacheHint: hourHint }, marks: ["request"] } : { request, marks: [] };
};

const isShort = (request: ChatRequest, { minTokens }: PromptCaching): boolean =>
  !hasHistoryElsewhere(request) && estimateInputTokens(request) < minTokens;

const report = ({ span }: Context, { marks, key, skipped }: Plan): void => {
  if (!span.isRecording()) return;
  if (skipped !== undefined) span.setAttribute(attribute.promptCacheSkipped, skipped);
  else span.setAttributes({ [attribute.promptCacheMarks]: [...marks], [attribute.promptCacheKey]: key });
};
