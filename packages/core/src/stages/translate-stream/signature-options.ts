import { checkCount, checkKnown } from "../../check-options.ts";
import { memoryCacheStore } from "../cache/memory-store.ts";
import type { CacheStore } from "../cache/store.ts";

/** How reasoning that belongs to tool calls is kept for clients that drop it. */
export interface SignatureOptions {
  /**
   * How long it is kept after it was issued or last sent back, in milliseconds.
   *
   * @default 3600000 (an hour)
   */
  readonly ttlMs?: number;
  /**
   * Bytes that the default store keeps, of all callers; what was not wanted for longest goes first.
   *
   * @default 33554432 (32 MiB)
   */
  readonly maxBytes?: number;
  /**
   * The most that is kept of one answer, in bytes of JSON.
   *
   * @default 1048576 (1 MiB)
   */
  readonly maxEntryBytes?: number;
  /**
   * Where it is kept; one that several instances share lets a conversation go on at any of them.
   *
   * @default memoryCacheStore({ maxBytes })
   */
  readonly store?: CacheStore;
  /**
   * How long to wait for the store before a request goes on without it, in milliseconds.
   *
   * @default 50
   */
  readonly storeTimeoutMs?: number;
}

export interface ResolvedSignatureOptions extends Required<Omit<SignatureOptions, "maxBytes">> {
  /** Others can see the store's keys. */
  readonly isShared: boolean;
}

const defaults = {
  ttlMs: 3_600_000,
  maxBytes: 32 * 1024 * 1024,
  maxEntryBytes: 1024 * 1024,
  storeTimeoutMs: 50,
};

/**
 * Options with defaults filled in; `undefined` where nothing is to be kept.
 *
 * @throws TypeError naming the option that is wrong.
 */
export const resolveSignatureOptions = (
  options: SignatureOptions | false | undefined,
): ResolvedSignatureOptions | undefined => {
  if (options === false) return undefined;
  const given = options ?? {};
  const name = "translateStream.signatures";
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new TypeError(`\`${name}\` must be an object of options, or false to keep nothing.`);
  }
  checkKnown(given, name, ["store", ...Object.keys(defaults)]);
  const { store, maxBytes } = given;
  const settled = {
    ttlMs: given.ttlMs ?? defaults.ttlMs,
    maxEntryBytes: given.maxEntryBytes ?? defaults.maxEntryBytes,
    storeTimeoutMs: given.storeTimeoutMs ?? defaults.storeTimeoutMs,
  };
  for (const [option, value] of Object.entries({ ...settled, maxBytes: maxBytes ?? 1 })) {
    checkCount(value, `${name}.${option}`);
  }
  if (store === undefined) {
    return { ...settled, store: memoryCacheStore({ maxBytes: maxBytes ?? defaults.maxBytes }), isShared: false };
  }
  if (![store.get, store.set, store.delete].every((member) => typeof member === "function")) {
    throw new TypeError(`\`${name}.store\` must have the functions get, set and delete, as memoryCacheStore() does.`);
  }
  if (maxBytes !== undefined) {
    throw new TypeError(
      `\`${name}.maxBytes\` is the size of the default store; leave it out beside \`${name}.store\`.`,
    );
  }
  return { ...settled, store, isShared: true };
};
