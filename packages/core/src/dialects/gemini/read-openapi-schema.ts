import type { JsonSchema } from "../../chat/request.ts";
import { isObject } from "../fields.ts";
import { camelKeys } from "./keys.ts";

/** 64-bit counts, which this API writes as strings. */
const counts: ReadonlySet<string> = new Set([
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
  "minProperties",
  "maxProperties",
]);

/** What JSON Schema says in another way, or not at all. */
const replaced: ReadonlySet<string> = new Set(["type", "format", "nullable", "propertyOrdering", "example", "enum"]);

/** A schema in this API's subset of OpenAPI as JSON Schema: the opposite of `toOpenApiSchema`. */
export const readOpenApiSchema = (written: JsonSchema): JsonSchema => {
  const schema = camelKeys(written);
  const { format, propertyOrdering, example } = schema;
  const isNullable = schema["nullable"] === true;
  const read: Record<string, unknown> = {};
  const type = typeof schema["type"] === "string" ? schema["type"].toLowerCase() : schema["type"];
  if (type !== undefined && type !== "type_unspecified") {
    read["type"] = isNullable && typeof type === "string" ? [type, "null"] : type;
  }
  // `enum` as a format only says that there is an enum.
  if (format !== undefined && format !== "enum" && format !== "") read["format"] = format;
  if (Array.isArray(schema["enum"])) {
    const values = schema["enum"].map((value: unknown) => readValue(value, type));
    read["enum"] = isNullable ? [...values, null] : values;
  }
  if (example !== undefined) read["examples"] = [example];
  for (const [name, value] of Object.entries(schema)) {
    if (!replaced.has(name)) read[name] = readKeyword(name, value, propertyOrdering);
  }
  if (isNullable && Array.isArray(read["anyOf"])) read["anyOf"] = [...(read["anyOf"] as unknown[]), { type: "null" }];
  return read;
};

/** The values of an enum are always written as strings, also those of numbers. */
const readValue = (value: unknown, type: unknown): unknown =>
  (type === "integer" || type === "number") &&
  typeof value === "string" &&
  value.trim() !== "" &&
  !Number.isNaN(Number(value))
    ? Number(value)
    : value;

const readKeyword = (name: string, value: unknown, ordering: unknown): unknown => {
  if (counts.has(name)) return typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  switch (name) {
    case "items":
    case "additionalProperties":
      return readInner(value);
    case "anyOf":
    case "oneOf":
    case "allOf":
    case "prefixItems":
      return Array.isArray(value) ? value.map(readInner) : value;
    case "properties":
      return isObject(value) ? readMap(inOrder(value, ordering)) : value;
    case "$defs":
      return isObject(value) ? readMap(value) : value;
    default:
      return value;
  }
};

const readInner = (value: unknown): unknown => (isObject(value) ? readOpenApiSchema(value) : value);

const readMap = (schemas: JsonSchema): JsonSchema =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, readInner(schema)]));

/** Elsewhere the order in which the properties stand is the order in which the model writes them. */
const inOrder = (properties: JsonSchema, ordering: unknown): JsonSchema => {
  if (!Array.isArray(ordering)) return properties;
  const named = new Set(ordering.filter((name) => typeof name === "string" && Object.hasOwn(properties, name)));
  const names = [...named, ...Object.keys(properties).filter((name) => !named.has(name))];
  return Object.fromEntries(names.map((name) => [name, properties[String(name)]]));
};
