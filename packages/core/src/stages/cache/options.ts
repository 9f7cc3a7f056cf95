import { randomBytes } from "node:crypto";
import type { Context } from "../../pipeline/context.ts";
import { checkCount, checkKnown } from "../../check-options.ts";
import { memoryCacheStore } from "./memory-store.ts";
import type { CacheStore } from "./store.ts";

/**
 * Who shares answers. A function names the circle from what the gateway knows of the caller, and leaves a request out
 * of the cache with `undefined`; `"global"` shares everything with everybody.
 */
export type CacheScope = ((context: Context) => string | undefined) | "global";

export interface CacheOptions {
  /** How long an answer is served after it was stored, in milliseconds. Without it the cache is off. */
  readonly ttlMs?: number;
  /**
   * Callers in one scope share answers. Take it from `context.principal`, never from what the client sent.
   *
   * @default the principal's tenant, or the principal alone where it has none
   */
  readonly scope?: CacheScope;
  /**
   * Where answers are kept.
   *
   * @default memoryCacheStore({ maxBytes })
   */
  readonly store?: CacheStore;
  /**
   * Bytes of answers the default store keeps.
   *
   * @default 67108864 (64 MiB)
   */
  readonly maxBytes?: number;
  /**
   * Longest answer that is stored, in bytes of JSON.
   *
   * @default 1048576 (1 MiB)
   */
  readonly maxEntryBytes?: number;
  /**
   * Part of every key. Another name leaves all earlier answers behind: change it with what shapes answers but stands
   * in no request, such as prompts or rules your own stages add further in.
   *
   * @default ""
   */
  readonly namespace?: string;
  /**
   * What keys are derived with, at least 16 bytes. Give all processes the same one if they share a store.
   *
   * @default random, one for this process
   */
  readonly secret?: string | Uint8Array;
  /**
   * How long to wait for the store before a request goes on without it, in milliseconds.
   *
   * @default 50
   */
  readonly storeTimeoutMs?: number;
}

export interface ResolvedCacheOptions {
  readonly ttlMs: number;
  /** What a caller's keys start with; `undefined` leaves the request out of the cache. */
  readonly scopeOf: (context: Context) => readonly string[] | undefined;
  readonly store: CacheStore;
  readonly maxEntryBytes: number;
  readonly namespace: string;
  readonly secret: Uint8Array;
  readonly storeTimeoutMs: number;
}

const defaults = { maxEntryBytes: 1024 * 1024, namespace: "", storeTimeoutMs: 50 };
const known = ["ttlMs", "scope", "store", "maxBytes", "maxEntryBytes", "namespace", "secret", "storeTimeoutMs"];
const shortestSecretBytes = 16;

/**
 * Options with defaults filled in; `undefined` where the cache is off.
 *
 * @throws TypeError naming the option that is wrong.
 */
export const resolveCacheOptions = (options: CacheOptions): ResolvedCacheOptions | undefined => {
  checkKnown(options, "cache", known);
  const { ttlMs, store, maxBytes } = options;
  const maxEntryBytes = options.maxEntryBytes ?? defaults.maxEntryBytes;
  const namespace = options.namespace ?? defaults.namespace;
  const storeTimeoutMs = options.storeTimeoutMs ?? defaults.storeTimeoutMs;
  checkCount(ttlMs ?? 1, "cache.ttlMs");
  checkCount(maxBytes ?? 1, "cache.maxBytes");
  checkCount(maxEntryBytes, "cache.maxEntryBytes");
  checkCount(storeTimeoutMs, "cache.storeTimeoutMs");
  if (typeof namespace !== "string") throw new TypeError("`cache.namespace` must be a string.");
  if (store !== undefined && !isStore(store)) {
    throw new TypeError("`cache.store` must have the functions get, set and delete, as memoryCacheStore() does.");
  }
  if (store !== undefined && maxBytes !== undefined) {
    throw new TypeError("`cache.maxBytes` is the size of the default store; leave it out beside `cache.store`.");
  }
  const resolved = {
    scopeOf: resolveScope(options.scope),
    maxEntryBytes,
    namespace,
    secret: resolveSecret(options.secret),
    storeTimeoutMs,
  };
  if (ttlMs === undefined) return undefined;
  return { ...resolved, ttlMs, store: store ?? memoryCacheStore(maxBytes === undefined ? {} : { maxBytes }) };
};

const isStore = (store: CacheStore): boolean =>
  [store.get, store.set, store.delete].every((member) => typeof member === "function");

const resolveScope = (scope: CacheScope | undefined): ResolvedCacheOptions["scopeOf"] => {
  // Each kind of scope has a word of its own: a tenant called like a user's id is not that user.
  if (scope === undefined) {
    return ({ principal: { id, tenant } }) => (tenant === undefined ? ["principal", id] : ["tenant", tenant]);
  }
  if (scope === "global") return () => ["global"];
  if (typeof scope !== "function") {
    throw new TypeError('`cache.scope` must be a function of the context, or "global" to share with everybody.');
  }
  return (context) => {
    const name: unknown = scope(context);
    // Whatever else a host's function returns must never become a scope that others return as well.
    return typeof name === "string" ? ["named", name] : undefined;
  };
};

const resolveSecret = (secret: string | Uint8Array | undefined): Uint8Array => {
  if (secret === undefined) return (processSecret ??= randomBytes(32));
  const bytes = typeof secret === "string" ? Buffer.from(secret) : secret;
  if (!(bytes instanceof Uint8Array) || bytes.byteLength < shortestSecretBytes) {
    throw new TypeError(`\`cache.secret\` must be a string or bytes, at least ${shortestSecretBytes} bytes long.`);
  }
  return bytes;
};

let processSecret: Uint8Array | undefined;
