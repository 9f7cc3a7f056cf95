import { describe, expect, it } from "vitest";
import { GatewayError } from "../../errors.ts";
import { toJsonSchema } from "./json-schema.ts";
import { toOpenApiSchema } from "./openapi-schema.ts";

describe("toJsonSchema", () => {
  it("leaves a schema as the client wrote it, key order included", () => {
    const schema = {
      type: "object",
      required: ["z", "a"],
      properties: { z: { type: ["string", "null"], format: "date-time" }, a: { $ref: "#/$defs/a" } },
      additionalProperties: false,
      $defs: { a: { type: "array", prefixItems: [{ type: "number" }], minItems: 1 } },
    };
    expect(JSON.stringify(toJsonSchema(schema))).toBe(JSON.stringify(schema));
  });

  it("says refused keywords in another way", () => {
    expect(toJsonSchema({ $schema: "x", type: "integer", exclusiveMinimum: 0, exclusiveMaximum: 9 })).toEqual({
      type: "integer",
      minimum: 1,
      maximum: 8,
    });
    expect(toJsonSchema({ type: "number", exclusiveMinimum: 0, description: "Size" })).toEqual({
      type: "number",
      minimum: 0,
      description: "Size (exclusiveMinimum: 0)",
    });
    expect(toJsonSchema({ const: "a" })).toEqual({ enum: ["a"] });
    expect(toJsonSchema({ oneOf: [{ const: 1 }, { type: "null" }] })).toEqual({
      anyOf: [{ enum: [1] }, { type: "null" }],
    });
  });

  it("moves draft-7 forms to their present names and leaves nothing beside a reference", () => {
    const schema = {
      definitions: { p: { type: "array", items: [{ type: "string" }] } },
      properties: { a: { $ref: "#/definitions/p", description: "gone" } },
    };
    expect(toJsonSchema(schema)).toEqual({
      $defs: { p: { type: "array", prefixItems: [{ type: "string" }] } },
      properties: { a: { $ref: "#/$defs/p" } },
    });
  });

  it("does not take the names of properties for keywords", () => {
    const schema = {
      type: "object",
      properties: { const: { type: "string" }, $schema: { type: "string" }, examples: {} },
    };
    expect(toJsonSchema(schema)).toEqual(schema);
  });

  it("keeps a property called __proto__ a property, and what it was given untouched", () => {
    const schema = JSON.parse('{"properties":{"__proto__":{"const":1}}}') as Record<string, unknown>;
    const before = JSON.stringify(schema);
    expect(JSON.stringify(toJsonSchema(schema))).toBe('{"properties":{"__proto__":{"enum":[1]}}}');
    expect(JSON.stringify(schema)).toBe(before);
  });
});

describe("toOpenApiSchema", () => {
  it("writes types in upper case and drops what the subset lacks (Q52)", () => {
    const schema = {
      $schema: "x",
      type: "object",
      additionalProperties: false,
      strict: true,
      properties: {
        at: { type: "string", format: "date-time" },
        mail: { type: "string", format: "email", minLength: 3 },
        many: { type: "array", items: { type: "integer" }, minItems: 2 },
      },
      required: ["at", "gone"],
    };
    expect(toOpenApiSchema(schema)).toEqual({
      type: "OBJECT",
      properties: {
        at: { type: "STRING", format: "date-time" },
        mail: { type: "STRING", minLength: "3" },
        many: { type: "ARRAY", items: { type: "INTEGER" }, minItems: "2" },
      },
      required: ["at"],
    });
  });

  it("makes null a flag and type lists unions, with nothing beside them (Q53)", () => {
    expect(toOpenApiSchema({ type: ["string", "null"], description: "d" })).toEqual({
      type: "STRING",
      nullable: true,
      description: "d",
    });
    expect(toOpenApiSchema({ anyOf: [{ type: "string" }, { type: "null" }] })).toEqual({
      type: "STRING",
      nullable: true,
    });
    expect(
      toOpenApiSchema({ title: "t", oneOf: [{ type: "string" }, { type: "number", title: "n" }, { type: "null" }] }),
    ).toEqual({
      anyOf: [
        { title: "t", type: "STRING", nullable: true },
        { title: "n", type: "NUMBER", nullable: true },
      ],
    });
  });

  it("allows enums on strings only, none of them empty, and tells the rest in words (Q54)", () => {
    expect(toOpenApiSchema({ enum: ["a", ""] })).toEqual({ type: "STRING", enum: ["a"] });
    expect(toOpenApiSchema({ type: "integer", enum: [1, 2] })).toEqual({
      type: "INTEGER",
      description: "one of: [1,2]",
    });
    expect(toOpenApiSchema({ const: "a" })).toEqual({ type: "STRING", enum: ["a"] });
  });

  it("gives everything a type and drops empty property lists (Q54)", () => {
    expect(toOpenApiSchema({ properties: {} })).toEqual({ type: "OBJECT" });
    expect(toOpenApiSchema({ type: "array", items: {} })).toEqual({ type: "ARRAY", items: { type: "OBJECT" } });
    expect(toOpenApiSchema({ items: { type: "string" } })).toEqual({ type: "ARRAY", items: { type: "STRING" } });
  });

  it("inlines definitions and stops where they turn in a circle (Q55)", () => {
    const schema = {
      $ref: "#/$defs/node",
      $defs: {
        node: { type: "object", properties: { next: { $ref: "#/$defs/node" }, tag: { $ref: "#/$defs/tag" } } },
        tag: { type: "string" },
      },
    };
    expect(toOpenApiSchema(schema)).toEqual({
      type: "OBJECT",
      properties: { next: { type: "OBJECT" }, tag: { type: "STRING" } },
    });
    expect(toOpenApiSchema({ $ref: "#/$defs/constructor" })).toEqual({ type: "OBJECT" });
  });

  it("refuses definitions that multiply beyond measure", () => {
    const $defs: Record<string, unknown> = { d0: { type: "string" } };
    for (let level = 1; level < 40; level++) {
      const $ref = `#/$defs/d${level - 1}`;
      $defs[`d${level}`] = { type: "object", properties: { a: { $ref }, b: { $ref } } };
    }
    expect(() => toOpenApiSchema({ $ref: "#/$defs/d39", $defs })).toThrow(GatewayError);
  });

  it("merges allOf", () => {
    const schema = {
      description: "both",
      allOf: [
        { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
        { properties: { b: { type: "number" } }, required: ["b"] },
      ],
    };
    expect(toOpenApiSchema(schema)).toEqual({
      type: "OBJECT",
      description: "both",
      properties: { a: { type: "STRING" }, b: { type: "NUMBER" } },
      required: ["a", "b"],
    });
  });

  it("states the order of properties where an answer shall keep it (Q56)", () => {
    const schema = { type: "object", properties: { z: { type: "string" }, a: { type: "string" } } };
    expect(toOpenApiSchema(schema, { ordered: true })).toMatchObject({ propertyOrdering: ["z", "a"] });
  });
});
