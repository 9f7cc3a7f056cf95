import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../../chat/request.ts";
import { createLosses } from "../losses.ts";
import { adaptSchema } from "./output-schema.ts";

const adapt = (schema: JsonSchema, unsupported: "drop" | "refuse" = "refuse"): JsonSchema =>
  adaptSchema(schema, "response_format", createLosses({ provider: "a", model: "m", quirks: {}, unsupported }));

const refused = expect.objectContaining({ code: "unsupported_parameter", param: "response_format" });

describe("adaptSchema", () => {
  it("closes all objects and keeps the order of their properties (Q26)", () => {
    const inner = { type: "object", properties: { z: { type: "string" }, a: { type: ["object", "null"] } } };
    const adapted = adapt({
      type: "object",
      properties: { list: { type: "array", items: inner } },
      required: ["list"],
    });
    expect(JSON.stringify(adapted)).toBe(
      '{"type":"object","properties":{"list":{"type":"array","items":{"type":"object","properties":{"z":{"type":"string"},"a":{"type":["object","null"],"additionalProperties":false}},"additionalProperties":false}}},"required":["list"],"additionalProperties":false}',
    );
  });

  it("tells limits in the description (Q26)", () => {
    expect(adapt({ type: "integer", minimum: 0, maximum: 10, description: "A score." })).toEqual({
      type: "integer",
      description: "A score. (minimum: 0, maximum: 10)",
    });
    expect(adapt({ type: "array", minItems: 2, items: { type: "string", format: "date", pattern: "^2" } })).toEqual({
      type: "array",
      description: "(minItems: 2)",
      items: { type: "string", format: "date", description: '(pattern: "^2")' },
    });
    expect(adapt({ type: "object", additionalProperties: { type: "string" } })).toEqual({
      type: "object",
      additionalProperties: false,
      description: '(additionalProperties: {"type":"string"})',
    });
  });

  it("puts definitions in the place of references, with what stands beside them (Q26)", () => {
    const $defs = { name: { type: "string", title: "Name" }, also: { $ref: "#/$defs/name" }, "a/b": { type: "null" } };
    const properties = {
      first: { $ref: "#/$defs/also", description: "d" },
      second: { anyOf: [{ $ref: "#/$defs/a~1b" }] },
    };
    expect(adapt({ type: "object", properties, $defs, $schema: "x" })).toEqual({
      type: "object",
      properties: {
        first: { type: "string", title: "Name", description: "d" },
        second: { anyOf: [{ type: "null" }] },
      },
      additionalProperties: false,
    });
  });

  it("keeps properties whose names are keywords, or worse", () => {
    const schema = JSON.parse('{"properties":{"minimum":{"type":"string"},"__proto__":{"type":"string"}}}');
    expect(Object.keys(adapt(schema)["properties"] ?? {})).toEqual(["minimum", "__proto__"]);
  });

  it("says oneOf as anyOf", () => {
    expect(adapt({ oneOf: [{ type: "string" }, { const: 1 }] })).toEqual({ anyOf: [{ type: "string" }, { const: 1 }] });
  });

  it.each([
    ["itself", { properties: { child: { $ref: "#" } } }],
    [
      "a cycle",
      { $ref: "#/$defs/a", $defs: { a: { items: { $ref: "#/$defs/b" } }, b: { items: { $ref: "#/$defs/a" } } } },
    ],
    ["nothing", { $ref: "#/$defs/a" }],
    ["another document", { $ref: "https://a.example/schema" }],
    ["a prototype", { $ref: "#/constructor" }],
  ])("refuses a reference to %s, or leaves it open where the operator wants that", (_, schema) => {
    expect(() => adapt(schema)).toThrow(refused);
    expect(() => adapt(schema, "drop")).not.toThrow();
  });

  it("refuses definitions that multiply without end", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => {
        const next = { $ref: `#/$defs/d${index + 1}` };
        return [`d${index}`, { anyOf: index === 39 ? [] : [next, next] }];
      }),
    );
    expect(() => adapt({ $ref: "#/$defs/d0", $defs })).toThrow(refused);
    expect(JSON.stringify(adapt({ $ref: "#/$defs/d0", $defs }, "drop")).length).toBeLessThan(1_000_000);
  });
});
