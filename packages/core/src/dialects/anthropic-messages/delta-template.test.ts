import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDeltaTemplate } from "./delta-template.ts";

const delta = (text: string, padding = ""): string =>
  `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"${text}"}${padding}}`;

const templateFrom = (data: string, text: string) => createDeltaTemplate(data, "text", text);

describe("createDeltaTemplate", () => {
  it("cuts the text out of deltas of the same form, whatever their padding", () => {
    const template = templateFrom(delta("Hello", "   "), "Hello");
    expect(template?.cut(delta(" you"))).toBe(" you");
    expect(template?.cut(delta("", " \t  "))).toBe("");
    expect(template?.cut(delta("größer 👍", "  "))).toBe("größer 👍");
  });

  it("takes the text's place from the parser where the order of the keys is another", () => {
    const other = (text: string) =>
      `{"delta":{"text":"${text}","type":"text_delta"},"index":0,"type":"content_block_delta"}`;
    expect(templateFrom(other("Hello"), "Hello")?.cut(other("you"))).toBe("you");
    // Here the text stands behind its own place once more, and between two strings.
    expect(templateFrom(other("text_delta"), "text_delta")).toBeUndefined();
    expect(templateFrom(other(":"), ":")).toBeUndefined();
  });

  it("learns nothing from a text that is empty or escaped", () => {
    expect(templateFrom(delta(""), "")).toBeUndefined();
    expect(templateFrom(delta("a\\nb"), "a\nb")).toBeUndefined();
  });

  it.each([
    ["an escape", delta("a\\nb")],
    ["an escaped quote", delta('a\\"b')],
    ["a raw control character, which is no JSON", delta("a\u0001b")],
    ["another block", delta("a").replace('"index":0', '"index":1')],
    ["another type", delta("a").replace("text_delta", "thin_delta")],
    ["more fields", delta("a").replace('"}}', '","more":1}}')],
    ["a cut end", delta("a").slice(0, -1)],
    ["no end at all", delta("a").slice(0, -3)],
    ["more after the end", `${delta("a")}1`],
  ])("leaves to the parser what has %s", (_, data) => {
    expect(templateFrom(delta("Hello"), "Hello")?.cut(data)).toBeUndefined();
  });

  it("does not pass over white space that parts one thing in two", () => {
    const other = (index: string, type = "a b") => `{"delta":{"text":"Hello"},"index":${index},"type":"${type}"}`;
    const template = templateFrom(other("10"), "Hello");
    expect(template?.cut(other("10  "))).toBe("Hello");
    expect(template?.cut(other("1 0"))).toBeUndefined();
    expect(template?.cut(other("10", "ab"))).toBeUndefined();
    expect(template?.cut(other("10", "a  b"))).toBeUndefined();
  });

  it("finds what the parser would find, or nothing, in any text", () => {
    const space = fc.stringMatching(/^[ \t]{0,3}$/);
    const name = fc.constantFrom("type", "text", "ty pe", "index");
    const value = fc.constantFrom('"Hello"', '"a b"', '"text_delta"', "10", "1", "true", '"x\\n"', '"', "1 0");
    const field = fc
      .tuple(space, name, space, value, space)
      .map(([a, key, b, val, c]) => `${a}"${key}"${b}:${val}${c}`);
    const object = fc.array(field, { maxLength: 3 }).map((fields) => fields.join(","));
    const data = fc
      .tuple(object, space, object, object)
      .map(
        ([before, gap, inner, after]) =>
          `{${[before, `"delta":${gap}{${inner}}`, after].filter((part) => part !== "").join(",")}${gap}}`,
      );
    const textOf = (json: string): string | undefined => {
      try {
        const text: unknown = JSON.parse(json).delta.text;
        return typeof text === "string" ? text : undefined;
      } catch {
        return undefined;
      }
    };
    fc.assert(
      fc.property(data, data, fc.boolean(), space, (first, other, isSame, more) => {
        const text = textOf(first);
        if (text === undefined) return;
        const template = createDeltaTemplate(first, "text", text);
        // Often the same form with another text, so that there is something to find.
        const second = isSame ? first.replace(`"${text}"`, '"you"').replace(/}$/, `${more}}`) : other;
        const found = template?.cut(second);
        const parsed: unknown = found === undefined ? undefined : JSON.parse(second);
        expect(parsed).toEqual(found === undefined ? undefined : { ...JSON.parse(first), ...withText(first, found) });
      }),
      { numRuns: 2000 },
    );
  });
});

/** The delta of `data` with another text. */
const withText = (data: string, text: string): object => ({ delta: { ...JSON.parse(data).delta, text } });
