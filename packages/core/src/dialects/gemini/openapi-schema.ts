import type { JsonSchema } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import { isObject } from "../fields.ts";
import { describeAlso } from "./json-schema.ts";

/** Inlining references may multiply a schema without end; past this many nodes it is refused. */
const maxNodes = 5_000;

const types: ReadonlySet<string> = new Set(["string", "number", "integer", "boolean", "array", "object"]);
const plainKeywords: readonly string[] = ["title", "description", "minimum", "maximum", "pattern"];
/** 64-bit counts, which this API writes as strings. */
const countKeywords: readonly string[] = [
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
  "minProperties",
  "maxProperties",
];
const formats: ReadonlySet<unknown> = new Set(["enum", "date-time", "int32", "int64", "float", "double"]);

interface Inliner {
  readonly definitions: JsonSchema;
  /** References being followed, to know a cycle when it closes. */
  readonly path: readonly string[];
  readonly count: { nodes: number };
}

/**
 * The schema in the subset of OpenAPI that `parameters` and `responseSchema` take: types in upper case, references
 * inlined, null as `nullable`. What the subset lacks is left out, or moved to the description where it can be said.
 *
 * @throws GatewayError `invalid_value` where inlining makes the schema too large.
 */
export const toOpenApiSchema = (schema: JsonSchema, options: { readonly ordered?: boolean } = {}): JsonSchema => {
  const inliner: Inliner = { definitions: schema, path: [], count: { nodes: 0 } };
  const converted = convert(schema, inliner);
  const properties = converted["properties"];
  return options.ordered === true && isObject(properties)
    ? { ...converted, propertyOrdering: Object.keys(properties) }
    : converted;
};

const convert = (value: unknown, inliner: Inliner): JsonSchema => {
  if (++inliner.count.nodes > maxNodes) {
    throw new GatewayError(
      "invalid_value",
      `The schema has more than ${maxNodes} nodes once its references are resolved.`,
      { fallback: true },
    );
  }
  if (!isObject(value)) return { type: "OBJECT" };
  const ref = value["$ref"];
  if (typeof ref === "string") return convertReference(ref, inliner);
  const schema = mergeAllOf(value);
  const variants = variantsOf(schema);
  return variants === undefined ? convertSingle(schema, inliner) : convertUnion(schema, variants, inliner);
};

const convertReference = (ref: string, inliner: Inliner): JsonSchema => {
  // A cycle has no end when inlined: the inner occurrence is any object.
  if (inliner.path.includes(ref)) return { type: "OBJECT" };
  let target: unknown = ref.startsWith("#") ? inliner.definitions : undefined;
  for (const step of ref.split("/").slice(1)) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    target = isObject(target) && Object.hasOwn(target, name) ? target[name] : undefined;
  }
  return convert(target, { ...inliner, path: [...inliner.path, ref] });
};

const mergeAllOf = (schema: JsonSchema): JsonSchema => {
  const all = schema["allOf"];
  if (!Array.isArray(all)) return schema;
  let merged: JsonSchema = {};
  for (const part of [...all, schema]) {
    if (!isObject(part)) continue;
    const [before, after] = [merged["properties"], part["properties"]];
    const [required, more] = [merged["required"], part["required"]];
    merged = {
      ...merged,
      ...part,
      ...(isObject(before) && isObject(after) ? { properties: { ...before, ...after } } : {}),
      ...(Array.isArray(required) && Array.isArray(more) ? { required: [...new Set([...required, ...more])] } : {}),
    };
  }
  const { allOf: _allOf, ...rest } = merged;
  return rest;
};

/** The members of a union, however it is written; `undefined` where the schema is none. */
const variantsOf = (schema: JsonSchema): readonly unknown[] | undefined => {
  const union = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(union)) return union;
  const type = schema["type"];
  return Array.isArray(type) ? type.map((each: unknown) => ({ ...schema, type: each })) : undefined;
};

const isNull = (variant: unknown): boolean => isObject(variant) && variant["type"] === "null";

const convertUnion = (schema: JsonSchema, variants: readonly unknown[], inliner: Inliner): JsonSchema => {
  const { title, description } = schema;
  const nullable = variants.some(isNull) ? { nullable: true } : {};
  const others = variants.filter((variant) => !isNull(variant)).map((variant) => convert(variant, inliner));
  // Nothing may stand beside `anyOf`, so what the union said of itself is said by its members.
  const members = others.map((member) => ({
    ...(typeof title === "string" ? { title } : {}),
    ...(typeof description === "string" ? { description } : {}),
    ...member,
    ...nullable,
  }));
  const [first, ...rest] = members;
  if (first === undefined) return { type: "STRING", nullable: true };
  return rest.length === 0 ? first : { anyOf: members };
};

const convertSingle = (schema: JsonSchema, inliner: Inliner): JsonSchema => {
  const type = typeOf(schema);
  const converted: Record<string, unknown> = { type: type.toUpperCase() };
  for (const keyword of plainKeywords) if (schema[keyword] !== undefined) converted[keyword] = schema[keyword];
  for (const keyword of countKeywords) if (schema[keyword] !== undefined) converted[keyword] = String(schema[keyword]);
  if (formats.has(schema["format"])) converted["format"] = schema["format"];
  if (schema["nullable"] === true) converted["nullable"] = true;
  addValues(converted, schema, type);
  if (type === "array") converted["items"] = convert(schema["items"] ?? {}, inliner);
  if (type === "object") addProperties(converted, schema["properties"], schema["required"], inliner);
  return converted;
};

const typeOf = (schema: JsonSchema): string => {
  const { type, properties, items } = schema;
  if (typeof type === "string" && types.has(type.toLowerCase())) return type.toLowerCase();
  if (properties === undefined && items !== undefined) return "array";
  const values = Array.isArray(schema["enum"]) ? schema["enum"] : [schema["const"]];
  return typeof values[0] === "string" ? "string" : "object";
};

/** `enum` and `const`: a list of non-empty strings for strings, words in the description for everything else. */
const addValues = (converted: Record<string, unknown>, schema: JsonSchema, type: string): void => {
  const values: readonly unknown[] | undefined = Array.isArray(schema["enum"])
    ? schema["enum"]
    : "const" in schema
      ? [schema["const"]]
      : undefined;
  if (values === undefined) return;
  const strings = values.filter((value) => typeof value === "string" && value !== "");
  if (type === "string" && strings.length > 0) converted["enum"] = strings;
  else converted["description"] = describeAlso(schema["description"], `one of: ${JSON.stringify(values)}`);
};

const addProperties = (
  converted: Record<string, unknown>,
  properties: unknown,
  required: unknown,
  inliner: Inliner,
): void => {
  if (!isObject(properties) || Object.keys(properties).length === 0) return;
  converted["properties"] = Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, convert(property, inliner)]),
  );
  if (!Array.isArray(required)) return;
  const known = required.filter((name) => typeof name === "string" && Object.hasOwn(properties, name));
  if (known.length > 0) converted["required"] = known;
};
