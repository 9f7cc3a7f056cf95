import type { JsonSchema } from "../../chat/request.ts";
import { isObject } from "../fields.ts";

/** Keywords that answers cannot be held to: the model is told of them in the description. */
const unsupported: ReadonlySet<string> = new Set([
  "allOf",
  "not",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minLength",
  "maxLength",
]);
const formats: ReadonlySet<unknown> = new Set(["date-time", "uuid", "date", "time"]);
const schemaMaps: ReadonlySet<string> = new Set(["properties", "$defs", "definitions"]);

const isSupported = (keyword: string, value: unknown): boolean => {
  if (keyword === "format") return formats.has(value);
  // Its patterns know no anchors and no lookahead.
  if (keyword === "pattern") return typeof value === "string" && !/\^|\$|\?[=!]/.test(value);
  return !unsupported.has(keyword);
};

/** The schema in the part of JSON Schema that the provider can hold answers to; everything keeps its place. */
export const adaptSchema = (schema: JsonSchema): JsonSchema => {
  const entries: [string, unknown][] = [];
  const notes: string[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === "$schema" || keyword === "$id") continue;
    if (isSupported(keyword, value)) entries.push(adaptKeyword(keyword, value));
    else notes.push(`${keyword}: ${JSON.stringify(value)}`);
  }
  if (notes.length === 0) return Object.fromEntries(entries);
  const { description } = schema;
  const note = notes.join(", ");
  const others = entries.filter(([keyword]) => keyword !== "description");
  const told = typeof description === "string" && description !== "" ? `${description} (${note})` : note;
  return Object.fromEntries([...others, ["description", told]]);
};

const adaptNested = (value: unknown): unknown => (isObject(value) ? adaptSchema(value) : value);

const adaptKeyword = (keyword: string, value: unknown): [string, unknown] => {
  if (schemaMaps.has(keyword) && isObject(value)) {
    return [keyword, Object.fromEntries(Object.entries(value).map(([name, nested]) => [name, adaptNested(nested)]))];
  }
  if ((keyword === "anyOf" || keyword === "oneOf") && Array.isArray(value)) return ["anyOf", value.map(adaptNested)];
  return [keyword, keyword === "items" || keyword === "additionalProperties" ? adaptNested(value) : value];
};
