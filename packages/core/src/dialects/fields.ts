import { GatewayError } from "../errors.ts";
import type { Json } from "./dialect.ts";

/** A plain JSON object, not an array and not null. */
export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const describe = (value: unknown): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  if (typeof value === "string") return value.length > 40 ? "a string" : JSON.stringify(value);
  return String(value);
};

/** The error for a request field that is not what it must be. */
export const invalidValue = (param: string, expected: string, got: unknown): GatewayError =>
  new GatewayError("invalid_value", `\`${param}\` must be ${expected}, got ${describe(got)}.`, { param });

/** Absent means `undefined` or `null`: many clients write out the options they do not use. */
type Reader<T> = (value: unknown, param: string) => T | undefined;

const reader =
  <T>(expected: string, accepts: (value: unknown) => value is T): Reader<T> =>
  (value, param) => {
    if (value === undefined || value === null) return undefined;
    if (!accepts(value)) throw invalidValue(param, expected, value);
    return value;
  };

/** Optional fields of a client's request: `undefined` where absent, `invalid_value` where of the wrong type. */
export const readString: Reader<string> = reader("a string", (value): value is string => typeof value === "string");
export const readBoolean: Reader<boolean> = reader(
  "true or false",
  (value): value is boolean => typeof value === "boolean",
);
export const readObject: Reader<Json> = reader("an object", isObject);
export const readArray: Reader<readonly unknown[]> = reader("an array", (value): value is readonly unknown[] =>
  Array.isArray(value),
);
const readNumber: Reader<number> = reader("a number", (value): value is number => Number.isFinite(value));
export const readInteger: Reader<number> = reader("an integer", (value): value is number =>
  Number.isSafeInteger(value),
);
export const readStrings: Reader<readonly string[]> = reader(
  "an array of strings",
  (value): value is readonly string[] => Array.isArray(value) && value.every((item) => typeof item === "string"),
);

/** A number within bounds; `undefined` where absent. */
export const readNumberIn = (value: unknown, param: string, low: number, high: number): number | undefined => {
  const number = readNumber(value, param);
  if (number !== undefined && (number < low || number > high)) {
    throw invalidValue(param, `a number from ${low} to ${high}`, value);
  }
  return number;
};

/** A whole number of at least `low`; `undefined` where absent. */
export const readCount = (value: unknown, param: string, low = 1): number | undefined => {
  const number = readInteger(value, param);
  if (number !== undefined && number < low) throw invalidValue(param, `an integer of at least ${low}`, value);
  return number;
};

/** A field that must be there. */
export const required = <T>(value: T | undefined, param: string, expected: string): T => {
  if (value === undefined) throw new GatewayError("invalid_value", `\`${param}\` is required: ${expected}.`, { param });
  return value;
};

/** Leaves out the fields that are `undefined`, so that exact optional types hold. */
export const present = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } => {
  const kept: Record<string, unknown> = {};
  // for-in over a literal reads its fields without making a list of them: this runs for every message of a request.
  for (const name in fields) {
    const value = fields[name];
    // Assigning to __proto__ would not make a field.
    if (value !== undefined && name !== "__proto__") kept[name] = value;
  }
  return kept as { [K in keyof T]: Exclude<T[K], undefined> };
};

/** The fields of `body` that are not named in `known`; `undefined` where there are none. */
export const restOf = (body: Json, known: ReadonlySet<string>): Json | undefined => {
  let rest: Record<string, unknown> | undefined;
  for (const name in body) {
    if (known.has(name)) continue;
    rest ??= {};
    // defineProperty, so that a field called __proto__ stays a field.
    Object.defineProperty(rest, name, { value: body[name], enumerable: true, writable: true, configurable: true });
  }
  return rest;
};

/** What an answer from outside holds under a name, if it is of that type; else `undefined`, never an error. */
export const stringIn = (object: Json, name: string): string | undefined => {
  const value = object[name];
  return typeof value === "string" ? value : undefined;
};
export const numberIn = (object: Json, name: string): number | undefined => {
  const value = object[name];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
};
export const objectIn = (object: Json, name: string): Json | undefined => {
  const value = object[name];
  return isObject(value) ? value : undefined;
};
export const arrayIn = (object: Json, name: string): readonly unknown[] => {
  const value = object[name];
  return Array.isArray(value) ? value : [];
};
