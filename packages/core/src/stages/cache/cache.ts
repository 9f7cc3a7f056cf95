import type { EventBatch } from "../../chat/event.ts";
import { mapBatches } from "../../chat/map-reply.ts";
import { replyOf, type Reply } from "../../chat/reply.ts";
import type { Context } from "../../pipeline/context.ts";
import { defineStage, type Stage } from "../../pipeline/stage.ts";
import { telemetryKey } from "../../telemetry/request-telemetry.ts";
import { attribute } from "../../telemetry/semconv.ts";
import { attemptsKey } from "../retry/retry.ts";
import { isCacheable } from "./cacheable.ts";
import { cacheControlKey, cacheResultKey, type CacheResult } from "./context-keys.ts";
import { isProperAnswer, readEntry, sealEntry } from "./entry.ts";
import { guardStore, unavailable } from "./guarded-store.ts";
import { createCacheKeyOf } from "./key.ts";
import { resolveCacheOptions, type CacheOptions } from "./options.ts";
import { createRecorder } from "./recorder.ts";

export type { CacheOptions, CacheScope } from "./options.ts";

/**
 * Answers a request that was answered before from what was said then, as a stream or whole, without asking a provider.
 * Off unless `ttlMs` is given. Only the same request of the same scope finds an answer, whatever its temperature.
 *
 * @throws TypeError where an option is wrong.
 *
 * @example
 * cache({ ttlMs: 60_000 })
 */
export const cache = (options: CacheOptions = {}): Stage => {
  const resolved = resolveCacheOptions(options);
  if (resolved === undefined) return defineStage("cache", (_context, next) => next());
  const { ttlMs, scopeOf, maxEntryBytes, namespace, secret, storeTimeoutMs } = resolved;
  const guarded = guardStore(resolved.store, storeTimeoutMs, "cache");
  const keyOf = createCacheKeyOf(secret, namespace);

  /** Hands the reply on and stores it when it has been read to its proper end. */
  const keep = (context: Context, key: string, reply: Reply): Reply => {
    const { request, clock, span } = context;
    const { target } = reply;
    const recorder = createRecorder(maxEntryBytes);
    const record = (batch: EventBatch): EventBatch => {
      for (const event of batch) recorder.push(event);
      return batch;
    };
    const store = (): boolean => {
      const events = recorder.events();
      // What a fallback said is not what the model that was asked for would have said.
      if (new Set(context.get(attemptsKey)?.map((attempt) => attempt.target)).size > 1) return false;
      if (events === undefined || !isProperAnswer(events, request)) return false;
      const storedAt = clock.wall();
      const times = { storedAt, expiresAt: storedAt + ttlMs };
      const { entry, sizeBytes } = sealEntry({ key, ...times, ...(target === undefined ? {} : { target }), events });
      if (sizeBytes > maxEntryBytes) return false;
      void guarded.set(context, key, entry, { sizeBytes, ttlMs });
      return true;
    };
    const flush = (): void => {
      const stored = store();
      if (span.isRecording()) span.setAttribute(attribute.cacheStored, stored);
    };
    return mapBatches(reply, record, { flush });
  };

  return defineStage("cache", async (context, next) => {
    const { request, cancellation, clock } = context;
    const { noStore, noCache } = context.get(cacheControlKey) ?? {};
    const scope = noStore === true || !isCacheable(request) ? undefined : scopeOf(context);
    if (scope === undefined) {
      report(context, "bypass");
      return next();
    }
    const key = keyOf(scope, request);
    const found = noCache === true ? { value: undefined } : await guarded.get(context, key);
    // The client may have gone while the store was asked.
    cancellation.throwIfCancelled();
    if (found === unavailable) {
      report(context, "bypass", key);
      return next();
    }
    const entry = readEntry(found.value, key, request);
    const now = clock.wall();
    if (entry !== undefined && now < entry.expiresAt) {
      report(context, "hit", key, { ageMs: Math.max(0, now - entry.storedAt), savedTokens: tokensOf(entry.events) });
      return replyOf([entry.events], entry.target);
    }
    // Expired or spoilt. Nobody waits for it to be gone.
    if (found.value !== undefined) void guarded.delete(context, key);
    report(context, noCache === true ? "bypass" : "miss", key);
    return keep(context, key, await next());
  });
};

/** What is known of an answer that was found. */
interface Hit {
  readonly ageMs: number;
  readonly savedTokens: number | undefined;
}

const tokensOf = (events: EventBatch): number | undefined => {
  const usage = events.findLast((event) => event.type === "usage")?.usage;
  return usage === undefined ? undefined : usage.inputTokens + usage.outputTokens;
};

const report = (context: Context, result: CacheResult, key?: string, hit?: Hit): void => {
  context.set(cacheResultKey, result);
  const savedTokens = hit?.savedTokens;
  context.get(telemetryKey)?.lookedUp({ result, kind: key === undefined ? undefined : "exact", savedTokens });
  const { span } = context;
  if (!span.isRecording()) return;
  span.setAttribute(attribute.cacheResult, result);
  if (key !== undefined) span.setAttributes({ [attribute.cacheKind]: "exact", [attribute.cacheKey]: key.slice(0, 12) });
  if (hit === undefined) return;
  span.setAttribute(attribute.cacheAge, hit.ageMs / 1000);
  if (savedTokens !== undefined) span.setAttribute(attribute.cacheSavedTokens, savedTokens);
};
