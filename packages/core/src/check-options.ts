/** Checks of options, made once when a gateway or a stage is built. Every message names the option and how to mend it. */

const show = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
};

/** A whole number of at least `low`. */
export const checkCount = (value: number, option: string, low = 1): void => {
  if (!Number.isSafeInteger(value) || value < low) {
    throw new TypeError(
      `\`${option}\` must be ${low === 1 ? "a positive integer" : `an integer of at least ${low}`}, got ${show(value)}.`,
    );
  }
};

/** A length of time in milliseconds, zero included. */
export const checkMs = (value: number, option: string): void => {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
    throw new TypeError(`\`${option}\` must be a time in milliseconds of 0 or more, got ${show(value)}.`);
  }
};

/** One of a few words. */
export const checkOneOf = (value: unknown, option: string, words: readonly string[]): void => {
  if (typeof value !== "string" || !words.includes(value)) {
    throw new TypeError(`\`${option}\` must be one of ${words.map(show).join(", ")}, got ${show(value)}.`);
  }
};

/** Only options that exist: a misspelt one would otherwise do nothing. */
export const checkKnown = (options: object, owner: string, known: readonly string[]): void => {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`${owner}() takes an object of options, got ${show(options)}.`);
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) {
      throw new TypeError(
        `${owner}() has no option \`${name}\`; it has ${known.map((word) => `\`${word}\``).join(", ")}.`,
      );
    }
  }
};
