import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChatRequest } from "../../chat/request.ts";
import { testRequest } from "../../testing/test-context.ts";
import { createCacheKeyOf } from "./key.ts";

const secret = Buffer.alloc(32, 7);
const keyOf = createCacheKeyOf(secret, "");
const keyFor = (overrides: Partial<ChatRequest>): string => keyOf(["tenant", "acme"], testRequest(overrides));
const user = (text: string): Pick<ChatRequest, "messages"> => ({
  messages: [{ role: "user", parts: [{ type: "text", text }] }],
});

/** Fields of every object in reverse order. */
const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, field]) => [name, reversed(field)]),
  );
};

describe("a cache key", () => {
  it("is a SHA-256 in hex that depends on the secret and the namespace", () => {
    const key = keyFor({});
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(createCacheKeyOf(secret, "")(["tenant", "acme"], testRequest())).toBe(key);
    expect(createCacheKeyOf(Buffer.alloc(32, 8), "")(["tenant", "acme"], testRequest())).not.toBe(key);
    expect(createCacheKeyOf(secret, "v2")(["tenant", "acme"], testRequest())).not.toBe(key);
  });

  it("is the same however the client wants the answer written", () => {
    expect(keyFor({ stream: true, includeUsage: true, includeCost: true })).toBe(keyFor({ stream: false }));
  });

  it("takes an undefined field for an absent one, and null for neither", () => {
    const absent: Partial<ChatRequest> = { extras: { a: 1, b: undefined } };
    expect(keyFor(absent)).toBe(keyFor({ extras: { a: 1 } }));
    expect(keyFor({ extras: { a: 1, b: null } })).not.toBe(keyFor({ extras: { a: 1 } }));
  });

  const variations: readonly Partial<ChatRequest>[] = [
    { dialect: "anthropic-messages" },
    { model: "other" },
    user("hello"),
    user("Hello "),
    { messages: [{ role: "system", parts: [{ type: "text", text: "Hello" }] }] },
    { messages: [{ role: "user", name: "Ann", parts: [{ type: "text", text: "Hello" }] }] },
    { tools: [{ type: "function", name: "look" }] },
    { toolChoice: { type: "none" } },
    { parallelToolCalls: false },
    { maxOutputTokens: 10 },
    { temperature: 0 },
    { temperature: 1 },
    { topP: 1 },
    { topK: 1 },
    { frequencyPenalty: 1 },
    { presencePenalty: 1 },
    { seed: 1 },
    { stop: ["1"] },
    { choiceCount: 1 },
    { logprobs: true },
    { topLogprobs: 1 },
    { logitBias: { "1": 1 } },
    { outputFormat: { type: "json" } },
    { reasoning: { effort: "low" } },
    { verbosity: "low" },
    { modalities: ["text"] },
    { audio: { voice: "x" } },
    { serviceTier: "flex" },
    { cacheKey: "x" },
    { cacheHint: {} },
    { user: "x" },
    { metadata: { a: "x" } },
    { routing: { only: ["house"] } },
    { extras: { unknown_beta: 1 } },
    { extras: { unknown_beta: "1" } },
    { extras: { unknown_beta: true } },
  ];
  it("tells every field of a request apart, unknown ones too", () => {
    const keys = [keyFor({}), ...variations.map(keyFor)];
    expect(new Set(keys).size).toBe(variations.length + 1);
  });

  it("does not depend on the order of fields in extras and metadata, however deep", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (extras) => {
        const metadata = { a: "1", b: "2" };
        expect(keyFor({ extras: reversed(extras) as typeof extras, metadata: { b: "2", a: "1" } })).toBe(
          keyFor({ extras, metadata }),
        );
      }),
      { numRuns: 200 },
    );
  });

  it("depends on the order of a schema's properties: the model answers in that order", () => {
    const schema = (...names: string[]) => ({
      type: "object",
      properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])),
    });
    const tool = (...names: string[]) =>
      keyFor({ tools: [{ type: "function", name: "f", parameters: schema(...names) }] });
    const format = (...names: string[]) => keyFor({ outputFormat: { type: "json-schema", schema: schema(...names) } });
    expect(tool("a", "b")).toBe(tool("a", "b"));
    expect(tool("a", "b")).not.toBe(tool("b", "a"));
    expect(format("a", "b")).toBe(format("a", "b"));
    expect(format("a", "b")).not.toBe(format("b", "a"));
  });

  it("is the same for two values only if they are equal", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(keyFor({ extras: { a } }) === keyFor({ extras: { a: b } })).toBe(sorted(a) === sorted(b));
      }),
      { numRuns: 300 },
    );
  });

  it("cannot be met by content that looks like structure", () => {
    const lists = [["a,b"], ["a", "b"], ["as1:b"], ["a", "b", ""], ["", "a", "b"], ["a\u0000b"], ['a","b']];
    expect(new Set(lists.map((stop) => keyFor({ stop }))).size).toBe(lists.length);
    const names = [{ "a:b": "c" }, { a: "b:c" }, { a: "b", c: "" }, { 'a":"b': "c" }, { "": "a:b:c" }];
    expect(new Set(names.map((metadata) => keyFor({ metadata }))).size).toBe(names.length);
    // In the very words of the encoding, with and without the lengths that guard it.
    const mimics = [{ a: "b", c: "d" }, { a: "bs1:cs1:d" }, { a: "bs:cs:d" }, { a: "b}s1:cs1:d" }, { "as1:b": "d" }];
    expect(new Set(mimics.map((metadata) => keyFor({ metadata }))).size).toBe(mimics.length);
  });

  it("cannot be met by one scope dressed up as another", () => {
    const scopes = [
      ["tenant", "a"],
      ["principal", "a"],
      ["tenanta"],
      ["tenant", "a", ""],
      ["tenant", "a,s1:b"],
      ["tenant", "a", "b"],
      ["", "tenant", "a"],
      [],
    ];
    expect(new Set(scopes.map((scope) => keyOf(scope, testRequest()))).size).toBe(scopes.length);
  });

  it("folds no characters: composed forms, widths, lone surrogates", () => {
    const texts = ["é", "e\u0301", "Ａ", "A", "a", "ﬁ", "fi", "\ud800", "\ud801", "\ufffd", "\u200b", ""];
    expect(new Set(texts.map((text) => keyFor(user(text)))).size).toBe(texts.length);
  });

  it("sees the difference between dates that a host put into extras", () => {
    expect(keyFor({ extras: { at: new Date(1) } })).not.toBe(keyFor({ extras: { at: new Date(2) } }));
    expect(keyFor({ extras: { at: new Date(1) } })).toBe(keyFor({ extras: { at: new Date(1).toJSON() } }));
  });
});

/** JSON with sorted keys: the plain measure of equality. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_name, field: unknown) =>
    typeof field === "object" && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
