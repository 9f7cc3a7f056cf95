import type { JsonSchema, OutputFormat } from "../chat/request.ts";
import { arrayIn, isObject, objectIn } from "./fields.ts";
import { dialectId as chatId } from "./openai-chat/identity.ts";
import { dialectId as responsesId } from "./openai-responses/identity.ts";

const taken: ReadonlySet<string> = new Set([
  "type",
  "properties",
  "required",
  "additionalProperties",
  "items",
  "prefixItems",
  "anyOf",
  "enum",
  "const",
  "title",
  "description",
  "format",
  "pattern",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minItems",
  "maxItems",
  "$ref",
  "$defs",
  "definitions",
  "$schema",
]);

/** Whether OpenAI's servers hold answers to this schema: they refuse, as strict, one that leaves anything open. */
const isStrictSchema = (schema: JsonSchema): boolean => schema["type"] === "object" && fits(schema);

const fits = (node: unknown): boolean => {
  if (!isObject(node) || Object.keys(node).some((keyword) => !taken.has(keyword))) return false;
  const properties = objectIn(node, "properties") ?? {};
  const names = Object.keys(properties);
  if (describesObject(node)) {
    const needed = new Set(arrayIn(node, "required"));
    if (node["additionalProperties"] !== false || !names.every((name) => needed.has(name))) return false;
  }
  const definitions = [objectIn(node, "$defs") ?? {}, objectIn(node, "definitions") ?? {}];
  return (
    [properties, ...definitions].every((group) => Object.values(group).every(fits)) &&
    [...arrayIn(node, "anyOf"), ...arrayIn(node, "prefixItems")].every(fits) &&
    (node["items"] === undefined || fits(node["items"]))
  );
};

const describesObject = ({ type, properties }: JsonSchema): boolean =>
  type === "object" || properties !== undefined || (Array.isArray(type) && type.includes("object"));

/** Dialects in which clients say `strict`, and know what it takes. */
const strictDialects: ReadonlySet<string> = new Set([chatId, responsesId]);

/** `strict` as it may be sent for a client of this dialect. What it is not sent for, the gateway checks in any case. */
export const strictnessOf = (
  { schema, strict }: Extract<OutputFormat, { type: "json-schema" }>,
  dialect: string,
): boolean | undefined =>
  strict === true && !strictDialects.has(dialect) && !isStrictSchema(schema) ? undefined : strict;
