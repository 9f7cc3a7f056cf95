import { asArray, isRecord, type JsonRecord } from "../json.ts";

const children = (schema: JsonRecord): readonly unknown[] => [
  ...["properties", "$defs", "definitions"].flatMap((name) =>
    isRecord(schema[name]) ? Object.values(schema[name]) : [],
  ),
  ...["anyOf", "oneOf", "allOf", "prefixItems"].flatMap((name) => asArray(schema[name])),
  schema["items"],
];

const isObjectSchema = (schema: JsonRecord): boolean =>
  asArray(schema["type"]).includes("object") || schema["type"] === "object";

/** The first schema, from the outside in, for which `fault` has something to say. */
const findFault = (schema: unknown, fault: (schema: JsonRecord) => string | undefined): string | undefined => {
  const waiting: unknown[] = [schema];
  for (let next = waiting.shift(); next !== undefined || waiting.length > 0; next = waiting.shift()) {
    if (!isRecord(next)) continue;
    const found = fault(next);
    if (found !== undefined) return found;
    waiting.push(...children(next));
  }
  return undefined;
};

/** Why a schema cannot be enforced: some object leaves open which properties it has. */
export const openObjectFault = (schema: unknown): string | undefined =>
  findFault(schema, (part) =>
    isObjectSchema(part) && part["additionalProperties"] !== false
      ? "'additionalProperties' is required to be supplied and to be false"
      : undefined,
  );

/** Why a schema cannot be enforced where every property has to be required. */
export const optionalPropertyFault = (schema: unknown): string | undefined =>
  findFault(schema, (part) => {
    const required = asArray(part["required"]);
    const missing = isRecord(part["properties"])
      ? Object.keys(part["properties"]).find((name) => !required.includes(name))
      : undefined;
    return missing === undefined ? undefined : `'required' has to name every property, and '${missing}' is missing`;
  });

const refusedKeywords = [
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
];

/** Why a schema cannot be enforced where limits of numbers and lengths are not supported. */
export const limitFault = (schema: unknown): string | undefined =>
  findFault(schema, (part) => {
    const keyword = refusedKeywords.find((name) => Object.hasOwn(part, name));
    return keyword === undefined ? undefined : `property '${keyword}' is not supported`;
  });
