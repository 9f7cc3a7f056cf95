import type { Json } from "../dialect.ts";

const toCamelCase = (name: string): string =>
  name.replace(/(?<=[a-zA-Z0-9])_([a-z])/g, (_match, letter: string) => letter.toUpperCase());

/** An object's fields under their names in camelCase: clients may write them in snake_case as well. */
export const camelKeys = (object: Json): Json => {
  for (const name in object) {
    if (name.includes("_")) {
      return Object.fromEntries(Object.entries(object).map(([key, value]) => [toCamelCase(key), value]));
    }
  }
  return object;
};

/** A list, also where a client wrote its only item without the brackets, which this API takes. */
export const listOf = (value: unknown): unknown => (isOnlyItem(value) ? [value] : value);

const isOnlyItem = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
