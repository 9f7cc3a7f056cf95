import { readVariable, type Environment } from "./environment.ts";
import type { ApiKey, Provider } from "./provider.ts";

/** Where a key may stand. */
export interface KeySource {
  /** Variables that may hold it, best first. */
  readonly variables: readonly string[];
  readonly environment: Environment;
}

const isKey = (text: unknown): text is string => typeof text === "string" && /^[\x21-\x7e]+$/.test(text);

/**
 * A key or token in a closure, so that printing a provider cannot show it; `undefined` where none was given.
 *
 * @throws TypeError naming the option, with `hint` on how else the key can come.
 */
export const toKeySource = (
  key: ApiKey | undefined,
  option: "apiKey" | "accessToken",
  factory: string,
  hint = "",
): Provider["apiKey"] => {
  if (key === undefined) return undefined;
  const noun = option === "apiKey" ? "a key" : "a token";
  if (typeof key === "function") {
    // It goes into a header: whatever else stood there would be refused by the transport, in words that might hold it.
    const checked = (given: unknown): string => {
      if (isKey(given)) return given;
      throw new TypeError(`The \`${option}\` function of ${factory} gave no ${noun.slice(2)} that could be sent.`);
    };
    return () => {
      const given = key();
      return typeof given === "string" ? checked(given) : Promise.resolve(given).then(checked);
    };
  }
  if (isKey(key)) return () => key;
  throw new TypeError(
    `\`${option}\` of ${factory} must be ${noun} without spaces and line breaks, or a function that gives one` +
      `${key === "" ? ", but it is empty" : ""}.${hint}`,
  );
};

/** The key that the options give, else the environment's. */
export const resolveKey = (
  key: ApiKey | undefined,
  { variables, environment }: KeySource,
  factory: string,
): Provider["apiKey"] => {
  if (key !== undefined) {
    const hint = variables.length === 0 ? "" : ` Leave it out to take ${variables.join(" or ")} from the environment.`;
    return toKeySource(key, "apiKey", factory, hint);
  }
  for (const name of variables) {
    const value = readVariable(environment, name);
    if (value === undefined) continue;
    if (!isKey(value)) throw new TypeError(`${name} must be a key without spaces and line breaks.`);
    return () => value;
  }
  return undefined;
};
