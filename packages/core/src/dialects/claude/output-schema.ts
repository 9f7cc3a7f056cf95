import type { JsonSchema } from "../../chat/request.ts";
import type { Losses } from "../losses.ts";
import { isObject } from "../fields.ts";

// What Anthropic's constrained output understands; everything else is refused there.
const kept: ReadonlySet<string> = new Set(["type", "required", "enum", "const", "title", "default"]);
const ofSchemas: ReadonlySet<string> = new Set(["anyOf", "oneOf", "allOf"]);
const silent: ReadonlySet<string> = new Set(["$schema", "$id", "$comment", "$defs", "definitions", "$ref"]);
const formats: ReadonlySet<unknown> = new Set([
  "date-time",
  "time",
  "date",
  "duration",
  "email",
  "hostname",
  "uri",
  "ipv4",
  "ipv6",
  "uuid",
]);

// Definitions that use each other can double at every step; no schema for people has as many parts.
const maxParts = 10_000;
const maxReferences = 64;

/**
 * A schema as Anthropic's constrained output takes it: definitions in place of references, objects closed, and limits
 * it does not know told to the model in the description. The order of properties stays.
 */
export const adaptSchema = (schema: JsonSchema, param: string, losses: Losses): JsonSchema => {
  let parts = 0;
  const refuse = (why: string): JsonSchema => {
    losses.meaning(param, why);
    return {};
  };

  const adapt = (node: unknown, open: readonly string[]): unknown => {
    if (!isObject(node)) return node;
    if (++parts > maxParts) return refuse("its schema is too large");
    const reference = node["$ref"];
    if (typeof reference === "string") {
      if (open.includes(reference)) return refuse("it takes no recursive schema");
      if (open.length === maxReferences) return refuse("its schema is too deep");
      const definition = resolve(schema, reference);
      if (definition === undefined) return refuse(`the schema has no ${JSON.stringify(reference.slice(0, 100))}`);
      return adapt({ ...definition, ...node, $ref: definition["$ref"] }, [...open, reference]);
    }
    return adaptNode(node, (child) => adapt(child, open));
  };

  const adapted = adapt(schema, []);
  return isObject(adapted) ? adapted : {};
};

const adaptNode = (node: JsonSchema, adapt: (child: unknown) => unknown): JsonSchema => {
  const result: Record<string, unknown> = {};
  const limits: string[] = [];
  for (const [key, value] of Object.entries(node)) {
    if (kept.has(key)) result[key] = value;
    else if (key === "properties" && isObject(value)) {
      // fromEntries, so that a property called __proto__ stays a property.
      result[key] = Object.fromEntries(Object.entries(value).map(([name, child]) => [name, adapt(child)]));
    } else if (key === "items" && isObject(value)) result[key] = adapt(value);
    else if (ofSchemas.has(key) && Array.isArray(value)) {
      result[key === "allOf" ? key : "anyOf"] = value.map((child: unknown) => adapt(child));
    } else if (key === "format" && formats.has(value)) result[key] = value;
    else if (key === "minItems" && (value === 0 || value === 1)) result[key] = value;
    else if (key === "description" || silent.has(key) || (key === "additionalProperties" && value === false)) continue;
    else limits.push(`${key}: ${JSON.stringify(value)}`);
  }
  if (describesObject(node)) result["additionalProperties"] = false;
  const description = [node["description"], limits.length > 0 ? `(${limits.join(", ")})` : undefined]
    .filter((text) => typeof text === "string" && text !== "")
    .join(" ");
  if (description !== "") result["description"] = description;
  return result;
};

const describesObject = ({ type, properties }: JsonSchema): boolean =>
  type === "object" || isObject(properties) || (Array.isArray(type) && type.includes("object"));

/** What a reference inside the schema points to: `#`, `#/$defs/name` or any other path. */
const resolve = (schema: JsonSchema, reference: string): JsonSchema | undefined => {
  if (reference !== "#" && !reference.startsWith("#/")) return undefined;
  let node: unknown = schema;
  for (const step of reference.split("/").slice(1)) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, name)) return undefined;
    node = (node as Readonly<Record<string, unknown>>)[name]; // an object, and it has that key
  }
  return isObject(node) ? node : undefined;
};
