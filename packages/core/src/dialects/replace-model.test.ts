import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { replaceModel } from "./replace-model.ts";

const replace = (text: string, model = "new/model") => {
  const result = replaceModel(Buffer.from(text), JSON.parse(text), model);
  return typeof result === "string"
    ? { spliced: false, text: result }
    : { spliced: true, text: Buffer.from(result).toString() };
};

describe("replaceModel", () => {
  it("changes nothing but the name", () => {
    const text = '{ "max_tokens" : 1.0, "model" :\n "old", "messages":[{"content":"ü \\u00fc"}] }';
    expect(replace(text)).toEqual({ spliced: true, text: text.replace('"old"', '"new/model"') });
  });

  it("gives the same bytes back where the name is already right", () => {
    const bytes = Buffer.from('{"model":"a"}');
    expect(replaceModel(bytes, { model: "a" }, "a")).toBe(bytes);
  });

  it("is not misled by the word in a message", () => {
    const text = '{"messages":[{"content":"say \\"model\\": \\"old\\""}],"model":"old"}';
    expect(replace(text)).toEqual({ spliced: true, text: text.replace(/"old"}$/, '"new/model"}') });
  });

  it.each([
    ["the key occurs twice", '{"model":"old","tools":[{"model":"old"}]}'],
    ["the key is doubled", '{"model":"first","model":"old"}'],
    ["the word is a value", '{"x":"model","mod\\u0065l":"old"}'],
    ["the real key is escaped and a nested one is not", '{"mod\\u0065l":"old","tool":{"model":"old"}}'],
    ["the name is escaped", '{"model":"o\\u006cd"}'],
    ["there is none", '{"messages":[]}'],
    ["it is not a string", '{"model":3}'],
  ])("writes the body anew where %s", (_, text) => {
    const result = replace(text);
    expect(result.spliced).toBe(false);
    expect(JSON.parse(result.text)).toEqual({ ...JSON.parse(text), model: "new/model" });
  });

  it("works on a view into a larger buffer", () => {
    const whole = new TextEncoder().encode('xx{"model":"old"}yy');
    const view = whole.subarray(2, whole.length - 2);
    expect(Buffer.from(replaceModel(view, { model: "old" }, "new") as Uint8Array).toString()).toBe('{"model":"new"}');
  });

  it("means the same as setting the field, for any body", () => {
    const value = fc.dictionary(
      fc.constantFrom("model", "a", "content"),
      fc.oneof(fc.constant("old"), fc.string(), fc.jsonValue()),
    );
    fc.assert(
      fc.property(value, fc.string(), (body, model) => {
        const text = JSON.stringify(body);
        const result = replaceModel(Buffer.from(text), JSON.parse(text), model);
        const parsed: unknown = JSON.parse(typeof result === "string" ? result : Buffer.from(result).toString());
        expect(parsed).toEqual({ ...(JSON.parse(text) as object), model });
      }),
    );
  });
});
