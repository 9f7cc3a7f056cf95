import type { JsonSchema } from "../../chat/request.ts";
import { isObject } from "../fields.ts";

/** Keywords that make a request fail and say nothing about the value. */
const refused: ReadonlySet<string> = new Set(["$schema", "discriminator", "examples", "strict"]);
const schemaMaps: ReadonlySet<string> = new Set(["properties", "$defs", "definitions"]);
const schemaLists: ReadonlySet<string> = new Set(["anyOf", "oneOf", "prefixItems"]);
const bounds: ReadonlyMap<string, { readonly inclusive: string; readonly step: number }> = new Map([
  ["exclusiveMinimum", { inclusive: "minimum", step: 1 }],
  ["exclusiveMaximum", { inclusive: "maximum", step: -1 }],
]);

const mapValues = (object: JsonSchema, map: (value: unknown) => unknown): JsonSchema =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));

const reference = (value: string): string => value.replace(/^#\/definitions\//, "#/$defs/");

/** Adds a sentence to a description, or makes one. */
export const describeAlso = (description: unknown, note: string): string =>
  typeof description === "string" && description !== "" ? `${description} (${note})` : note;

/**
 * The schema in the part of JSON Schema that `parametersJsonSchema` and `responseJsonSchema` take. What the client
 * wrote stays as and where it is; only keywords that make the call fail are said in another way, or in the description.
 */
export const toJsonSchema = (schema: JsonSchema): JsonSchema => {
  // Beside `$ref` nothing but the definitions is allowed.
  const ref = schema["$ref"];
  const entries: [string, unknown][] = [];
  const notes: string[] = [];
  for (const [name, value] of Object.entries(schema)) {
    if (refused.has(name) || (typeof ref === "string" && !name.startsWith("$") && name !== "definitions")) continue;
    const bound = bounds.get(name);
    if (bound !== undefined) {
      if (typeof value !== "number" || bound.inclusive in schema) continue;
      const whole = schema["type"] === "integer" && Number.isInteger(value);
      entries.push([bound.inclusive, whole ? value + bound.step : value]);
      if (!whole) notes.push(`${name}: ${value}`);
    } else if (name === "$ref" && typeof value === "string") {
      entries.push([name, reference(value)]);
    } else if (name === "const") {
      entries.push(["enum", [value]]);
    } else if (name === "not" || name === "if") {
      notes.push(`${name}: ${JSON.stringify(value)}`);
    } else {
      entries.push(convertKeyword(name, value));
    }
  }
  if (notes.length > 0) {
    const others = entries.filter(([name]) => name !== "description");
    return Object.fromEntries([...others, ["description", describeAlso(schema["description"], notes.join(", "))]]);
  }
  return Object.fromEntries(entries);
};

const convertKeyword = (name: string, value: unknown): [string, unknown] => {
  if (schemaMaps.has(name) && isObject(value))
    return [name === "definitions" ? "$defs" : name, mapValues(value, convert)];
  // The provider reads `oneOf` as `anyOf`, where it reads it at all.
  if (schemaLists.has(name) && Array.isArray(value)) return [name === "oneOf" ? "anyOf" : name, value.map(convert)];
  if (name === "items") return Array.isArray(value) ? ["prefixItems", value.map(convert)] : [name, convert(value)];
  return name === "additionalProperties" ? [name, convert(value)] : [name, value];
};

const convert = (value: unknown): unknown => (isObject(value) ? toJsonSchema(value) : value);
