import { asArray, isRecord, type JsonRecord } from "../json.ts";
import type { Hints } from "./hints.ts";
import { numberForSchema } from "./schema-number.ts";
import { textForSchema } from "./schema-text.ts";

interface Making {
  readonly root: unknown;
  readonly hints: Hints;
  readonly depth: number;
  readonly name: string;
  /** Values made so far, over the whole schema. */
  readonly made: { count: number };
}

/** From this depth on only what is required is made, so that schemas which name themselves come to an end. */
const sparseDepth = 4;
const greatestDepth = 24;
const mostItems = 100;
/** A schema that would make more values than this is filled sparsely from here on, and with null after twice as many. */
const manyValues = 2_000;

const isSparse = (making: Making): boolean => making.depth >= sparseDepth || making.made.count > manyValues;

const resolveReference = (reference: string, root: unknown): unknown =>
  reference
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((value, step) => {
      if (Array.isArray(value)) return value[Number(step)];
      return isRecord(value) && Object.hasOwn(value, step) ? value[step] : undefined;
    }, root);

/** Two schemas that both hold, as one: their properties and required names are joined. */
const merge = (first: JsonRecord, second: JsonRecord): JsonRecord => ({
  ...first,
  ...second,
  ...(isRecord(first["properties"]) && isRecord(second["properties"])
    ? { properties: { ...first["properties"], ...second["properties"] } }
    : {}),
  required: [...new Set([...asArray(first["required"]), ...asArray(second["required"])])],
});

const isNull = (schema: unknown): boolean => isRecord(schema) && String(schema["type"]).toLowerCase() === "null";
const isReference = (schema: unknown): boolean => isRecord(schema) && typeof schema["$ref"] === "string";

const chooseOption = (options: readonly unknown[], sparse: boolean): unknown => {
  const shallow = options.find((option) => !isNull(option)) ?? options[0];
  return sparse ? (options.find((option) => isNull(option) || !isReference(option)) ?? shallow) : shallow;
};

/** The schema with references followed, `allOf` joined and one of `anyOf` or `oneOf` chosen. */
const settle = (given: unknown, making: Making): JsonRecord => {
  let schema: JsonRecord = isRecord(given) ? given : {};
  for (let round = 0; round < greatestDepth; round++) {
    const { $ref: reference, allOf, anyOf, oneOf, ...rest } = schema;
    if (typeof reference === "string") {
      const target = resolveReference(reference, making.root);
      schema = merge(isRecord(target) ? target : {}, rest);
    } else if (Array.isArray(allOf) && allOf.length > 0) {
      schema = [
        ...allOf.filter(isRecord),
        { ...(anyOf === undefined ? {} : { anyOf }), ...(oneOf === undefined ? {} : { oneOf }) },
      ].reduce<JsonRecord>(merge, rest);
    } else if (asArray(anyOf).length > 0 || asArray(oneOf).length > 0) {
      const chosen = chooseOption([...asArray(anyOf), ...asArray(oneOf)], isSparse(making));
      schema = merge(rest, isRecord(chosen) ? chosen : {});
    } else {
      return schema;
    }
  }
  return schema;
};

const typeOf = (schema: JsonRecord): string => {
  const types = Array.isArray(schema["type"]) ? schema["type"] : [schema["type"]];
  const type = types.find((candidate) => candidate !== "null") ?? types[0];
  if (typeof type === "string") return type.toLowerCase();
  if (isRecord(schema["properties"])) return "object";
  return schema["items"] !== undefined || schema["prefixItems"] !== undefined ? "array" : "string";
};

const makeObject = (schema: JsonRecord, making: Making): JsonRecord => {
  const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
  const required = asArray(schema["required"]).filter((name) => typeof name === "string");
  const wanted = new Set(isSparse(making) ? required : [...Object.keys(properties), ...required]);
  return Object.fromEntries(
    [...wanted].map((name) => {
      const property = Object.hasOwn(properties, name) ? properties[name] : {};
      return [name, make(property, { ...making, depth: making.depth + 1, name })];
    }),
  );
};

/** Items that must differ are told apart by the position they are made for. */
const distinct = (value: unknown, index: number, schema: JsonRecord): unknown => {
  if (index === 0) return value;
  const choices = asArray(schema["enum"]);
  if (choices.length > 0) return choices[index % choices.length];
  if (typeof value === "string") return `${value} ${index + 1}`;
  return typeof value === "number" ? value + index * (Number(schema["multipleOf"] ?? 1) || 1) : value;
};

const makeArray = (schema: JsonRecord, making: Making): readonly unknown[] => {
  const inner = { ...making, depth: making.depth + 1 };
  const first = asArray(schema["prefixItems"]).map((item) => make(item, inner));
  const least = Math.min(Number(schema["minItems"] ?? 0) || 0, mostItems);
  const usual = isSparse(making) || schema["items"] === false ? 0 : 1;
  const most = Number(schema["maxItems"] ?? mostItems);
  const wanted = Math.min(Math.max(least, usual, first.length), Number.isNaN(most) ? mostItems : most);
  const items = settle(schema["items"], inner);
  const rest = Array.from({ length: Math.max(0, wanted - first.length) }, (_, index) => {
    const value = make(schema["items"], inner);
    return schema["uniqueItems"] === true ? distinct(value, index, items) : value;
  });
  return [...first, ...rest].slice(0, wanted);
};

function make(given: unknown, making: Making): unknown {
  if (making.depth > greatestDepth || ++making.made.count > 2 * manyValues) return null;
  const schema = settle(given, making);
  if (Object.hasOwn(schema, "const")) return schema["const"];
  const choices = asArray(schema["enum"]);
  if (choices.length > 0) return choices.find((choice) => making.hints.mentions.includes(String(choice))) ?? choices[0];
  switch (typeOf(schema)) {
    case "object":
      return makeObject(schema, making);
    case "array":
      return makeArray(schema, making);
    case "integer":
      return numberForSchema(schema, true, making.hints);
    case "number":
      return numberForSchema(schema, false, making.hints);
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return textForSchema(schema, making.name, making.hints);
  }
}

/**
 * A value that is valid against a JSON Schema, filled with what the user mentioned where it fits. Types in upper
 * case are understood too. `not`, `if` and `patternProperties` are not looked at.
 */
export const valueForSchema = (schema: unknown, hints: Hints): unknown =>
  make(schema, { root: schema, hints, depth: 0, name: "", made: { count: 0 } });
