import { isObject, restOf } from "../fields.ts";

/*
 * The vocabulary keeps the format of a custom tool in the words of Chat Completions, where a grammar is an object of its
 * own; here its fields stand beside the type.
 */
const typeOnly: ReadonlySet<string> = new Set(["type"]);

/** A format in the vocabulary's form. */
export const readFormat = (format: unknown): unknown =>
  isObject(format) && format["type"] === "grammar" && format["grammar"] === undefined
    ? { type: "grammar", grammar: restOf(format, typeOnly) ?? {} }
    : format;

/** A format in this dialect's form. */
export const writeFormat = (format: unknown): unknown =>
  isObject(format) && isObject(format["grammar"]) ? { ...format["grammar"], type: format["type"] } : format;
