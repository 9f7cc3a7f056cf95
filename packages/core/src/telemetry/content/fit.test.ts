import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ContentMessage } from "./content.ts";
import { fit } from "./fit.ts";

const say = (content: string): ContentMessage => ({ role: "user", parts: [{ type: "text", content }] });
const call = (args: unknown): ContentMessage => ({
  role: "assistant",
  parts: [{ type: "tool_call", id: "call_1", name: "save", arguments: args }],
});
const textOf = (message: ContentMessage | undefined): unknown => {
  const part = message?.parts[0];
  return part !== undefined && "content" in part ? part.content : undefined;
};
const bytesOf = (list: readonly unknown[]): number => Buffer.byteLength(JSON.stringify(list));

describe("fit", () => {
  test("hands on what fits, to the last byte", () => {
    const list = [say("über"), call({ a: 1 })];
    expect(fit(list, bytesOf(list))).toBe(list);
    expect(fit(list, bytesOf(list) - 1)).not.toEqual(list);
  });

  test("cuts long texts and leaves short ones", () => {
    const fitted = fit([say("short"), say("x".repeat(1000))], 300);
    expect(fitted).toHaveLength(2);
    expect(textOf(fitted[0])).toBe("short");
    expect(textOf(fitted[1])).toMatch(/^x{150,}…$/);
  });

  test("cuts two long texts at the same length", () => {
    const [first, second] = fit([say("a".repeat(500)), say("b".repeat(5000))], 400).map(textOf);
    expect(String(first).length).toBe(String(second).length);
  });

  test("uses nearly all the room there is", () => {
    expect(bytesOf(fit([say("x".repeat(100_000))], 1000))).toBeGreaterThan(995);
  });

  test("cuts arguments and schemas as one text", () => {
    const [cut] = fit([call({ name: "n".repeat(200), values: Array.from({ length: 500 }, (_, i) => i) })], 300);
    const part = cut?.parts[0];
    if (part?.type !== "tool_call") throw new Error("The tool call is gone.");
    expect(part.arguments).toMatch(/^\{"name":"nnn.*…$/);
    expect(part).toMatchObject({ id: "call_1", name: "save" });
  });

  test("leaves roles, ids and names whole", () => {
    const result = { type: "tool_call_response", id: "call_0123456789", response: "x".repeat(1000) } as const;
    const [fitted] = fit<ContentMessage>([{ role: "tool", name: "save", parts: [result] }], 120);
    expect(fitted).toMatchObject({ role: "tool", name: "save", parts: [{ id: "call_0123456789" }] });
    expect(fitted?.parts[0]).toHaveProperty("response", expect.stringMatching(/^x{1,9}…$/));
  });

  test("cuts a name that is none", () => {
    const fitted = fit([{ role: "user", name: "n".repeat(10_000), parts: [] }], 300);
    expect(fitted[0]?.name).toMatch(/^n+…$/);
    expect(bytesOf(fitted)).toBeLessThanOrEqual(300);
  });

  test("of a list too long for glimpses keeps the end", () => {
    const list = Array.from({ length: 1000 }, (_, index) => say(`message ${index}`));
    const fitted = fit(list, 2000);
    expect(fitted.length).toBeGreaterThan(20);
    expect(fitted).toEqual(list.slice(-fitted.length));
  });

  test("keeps a last element that is too long for a glimpse", () => {
    expect(textOf(fit([say("first"), say("x".repeat(500))], 100)[0])).toMatch(/^x+…$/);
  });

  test("gives nothing where not even empty texts fit", () => {
    expect(fit([say("hello")], 20)).toEqual([]);
  });

  test("never halves a character", () => {
    const pairs = "😀".repeat(200);
    for (let maxBytes = 700; maxBytes < 720; maxBytes++) {
      // Wherever both are cut, it is in the middle of a pair in one of them.
      const [even, odd] = fit([say(pairs), say(`-${pairs}`)], maxBytes).map(textOf);
      expect(even).toMatch(/^😀+…$/u);
      expect(odd).toMatch(/^-😀+…$/u);
    }
  });

  test("holds the limit, whatever the list", () => {
    const text = fc.string({ unit: "binary", maxLength: 200, size: "max" });
    const message = fc.oneof(text.map(say), text.map(call), fc.object().map(call));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.integer({ min: 10, max: 2000 }), (list, maxBytes) => {
        expect(bytesOf(fit(list, maxBytes))).toBeLessThanOrEqual(maxBytes);
      }),
    );
  });
});
