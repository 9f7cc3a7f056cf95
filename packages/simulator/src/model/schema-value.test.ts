import { expect, test } from "vitest";
import { readHints } from "./hints.ts";
import { valueForSchema } from "./schema-value.ts";

const value = (schema: unknown, words = "hello"): unknown => valueForSchema(schema, readHints(words));

test("fills an object with all its properties, from what the user mentioned", () => {
  const schema = {
    type: "object",
    properties: { city: { type: "string" }, days: { type: "integer" }, unit: { enum: ["c", "f"] } },
    required: ["city"],
  };
  expect(value(schema, "What is the weather in New York for 5 days?")).toEqual({
    city: "New York",
    days: 5,
    unit: "c",
  });
});

test.each([
  [{ type: "integer", minimum: 7, maximum: 9 }, 7],
  [{ type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 }, 0.5],
  [{ type: "integer", exclusiveMinimum: 10 }, 11],
  [{ type: "integer", maximum: -4 }, -4],
  [{ type: "number", multipleOf: 2.5, minimum: 6 }, 7.5],
  [{ type: "boolean" }, true],
  [{ type: ["null", "string"], enum: ["x"] }, "x"],
  [{ type: "null" }, null],
  [{ const: { fixed: true } }, { fixed: true }],
  [{ type: "string", format: "date" }, "2026-01-15"],
  [{ type: "string", pattern: "^[A-Z]{2}\\d{3}$" }, "AA111"],
  [{ type: "string", minLength: 12, maxLength: 12 }, "your message"],
  [{ type: "string", maxLength: 4 }, "your"],
  [{ type: "array", items: { type: "integer" }, minItems: 3, uniqueItems: true }, [3, 4, 5]],
  [{ type: "array", items: { type: "integer" }, maxItems: 0 }, []],
  [{ type: "array", prefixItems: [{ const: 1 }, { const: "a" }], items: false }, [1, "a"]],
  [{ anyOf: [{ type: "null" }, { type: "integer" }] }, 3],
  [{ allOf: [{ properties: { a: { const: 1 } } }, { properties: { b: { const: 2 } } }] }, { a: 1, b: 2 }],
  [
    { oneOf: [{ properties: { b: { const: 2 } } }], properties: { a: { const: 1 } } },
    { b: 2, a: 1 },
  ],
  [{ $defs: { name: { const: "n" } }, type: "object", properties: { a: { $ref: "#/$defs/name" } } }, { a: "n" }],
  [{ type: "OBJECT", properties: { a: { type: "STRING", minLength: "14" } } }, { a: "your messageyo" }],
])("makes a value for %j", (schema, expected) => {
  expect(value(schema)).toEqual(expected);
});

test("comes to an end for a schema that names itself", () => {
  const node = {
    type: "object",
    properties: { next: { $ref: "#/$defs/node" }, id: { type: "integer" } },
    required: ["id"],
  };
  const made = JSON.stringify(value({ $defs: { node }, $ref: "#/$defs/node" }));
  expect(made).toContain('{"next":{"next":');
  expect(made.length).toBeLessThan(500);
});

test("stays small for a schema that branches without end", () => {
  const names = Array.from({ length: 60 }, (_, index) => `p${index}`);
  const node = { type: "object", properties: Object.fromEntries(names.map((name) => [name, { $ref: "#" }])) };
  expect(JSON.stringify(value(node)).length).toBeLessThan(200_000);
});

test("treats a property named __proto__ as data", () => {
  const made = value(JSON.parse('{"type":"object","properties":{"__proto__":{"const":1}},"required":["__proto__"]}'));
  expect(JSON.stringify(made)).toBe('{"__proto__":1}');
  expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
});
