import { checkKnown, checkOneOf } from "../../check-options.ts";
import { cachePlaces, type CachePlace } from "../../dialects/dialect.ts";
import type { Context } from "../../pipeline/context.ts";

export interface PromptCacheOptions {
  /**
   * How long a prompt is kept after it was last used, where the target has a choice. An hour costs more to write at
   * Anthropic, and nothing at OpenAI, whose older models then keep prompts for a day.
   *
   * @default "5m"
   */
  readonly ttl?: "5m" | "1h";
  /**
   * What is marked: the end of the tools, of the system prompt, and of the last turn that is history.
   *
   * @default ["tools", "system", "turns"]
   */
  readonly places?: readonly CachePlace[];
  /**
   * Keeps requests with one beginning together, where the target takes a key (`prompt_cache_key`). A function makes a
   * key of its own, or none with `undefined`; what it returns is sent to the provider.
   *
   * @default true: a hash of the tenant, the tools and the system prompt
   */
  readonly key?: boolean | ((context: Context) => string | undefined);
  /**
   * What becomes of a request whose client marked something itself, or gave a key. `respect` leaves it as it is;
   * `complete` adds what is missing, within what the target takes.
   *
   * @default "respect"
   */
  readonly clientHints?: "respect" | "complete";
}

/** Makes the key of a request; `undefined` where it shall have none. */
export type KeyOf = (context: Context) => string | undefined;

export interface PromptCacheSettings {
  readonly ttl: "5m" | "1h";
  readonly places: ReadonlySet<CachePlace>;
  /** Absent where no keys are made. */
  readonly keyOf: KeyOf | undefined;
  readonly completes: boolean;
}

/**
 * Options with defaults filled in.
 *
 * @throws TypeError naming the option that is wrong.
 */
export const resolvePromptCacheOptions = (options: PromptCacheOptions, hashKey: KeyOf): PromptCacheSettings => {
  checkKnown(options, "promptCache", ["ttl", "places", "key", "clientHints"]);
  const { ttl = "5m", places = cachePlaces, key = true, clientHints = "respect" } = options;
  checkOneOf(ttl, "promptCache.ttl", ["5m", "1h"]);
  checkOneOf(clientHints, "promptCache.clientHints", ["respect", "complete"]);
  if (!Array.isArray(places)) throw new TypeError("`promptCache.places` must be a list of places.");
  places.forEach((place, index) => checkOneOf(place, `promptCache.places[${index}]`, cachePlaces));
  if (typeof key !== "boolean" && typeof key !== "function") {
    throw new TypeError("`promptCache.key` must be true, false or a function of the context.");
  }
  return {
    ttl,
    places: new Set(places),
    keyOf: key === true ? hashKey : key === false ? undefined : ownKey(key),
    completes: clientHints === "complete",
  };
};

/** Whatever else a host's function returns must not be sent as a key. */
const ownKey =
  (key: KeyOf): KeyOf =>
  (context) => {
    const made: unknown = key(context);
    return typeof made === "string" && made !== "" ? made : undefined;
  };
