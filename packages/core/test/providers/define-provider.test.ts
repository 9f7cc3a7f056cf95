import { describe, expect, test, vi } from "vitest";
import { createGateway, defineProvider, openaiCompatible, type ProviderRow } from "../../src/index.ts";
import { ask, chatAnswer } from "./ask.ts";

const acme: ProviderRow = {
  id: "acme",
  baseURL: "https://{region}.api.acme.example/v1",
  addressParts: { region: ["ACME_REGION"] },
  query: "edition=2",
  auth: { type: "header", name: "x-acme-key", scheme: "Key" },
  keyVariables: ["ACME_API_KEY"],
  quirks: { maxTokensField: "max_completion_tokens", maxTemperature: 1 },
};

describe("a provider that nobody has heard of", () => {
  test("takes one row", async () => {
    vi.stubEnv("ACME_API_KEY", "canary");
    vi.stubEnv("ACME_REGION", "eu");
    const provider = defineProvider(acme)();
    vi.unstubAllEnvs();
    const body = { model: "acme/m", messages: [{ role: "user", content: "Hello" }], max_tokens: 9, temperature: 2 };
    const { sent, response } = await ask(provider, body, chatAnswer);
    expect(sent[0]).toMatchObject({
      url: "https://eu.api.acme.example/v1/chat/completions?edition=2",
      headers: { "x-acme-key": "Key canary" },
      body: { model: "m", max_completion_tokens: 9, temperature: 1 },
    });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: "Hello" } }] });
  });

  test("stands beside others, under ids of its own", () => {
    const make = defineProvider(acme);
    const options = { apiKey: "k", address: { region: "eu" } };
    const providers = [make(options), make({ ...options, id: "acme-us", address: { region: "us" } })];
    expect(providers.map(({ id, baseURL }) => [id, baseURL])).toEqual([
      ["acme", "https://eu.api.acme.example/v1"],
      ["acme-us", "https://us.api.acme.example/v1"],
    ]);
    expect(() => createGateway({ providers })).not.toThrow();
  });

  test("says what it needs", () => {
    expect(() => defineProvider(acme)({ address: { region: "eu" } })).toThrow("acme() needs `apiKey` or ACME_API_KEY.");
    expect(() => defineProvider(acme)({ apiKey: "k" })).toThrow(/acme\(\) needs `address\.region` or ACME_REGION/);
  });

  test.each<[string, object, RegExp]>([
    ["an id that is none", { id: "A/B" }, /`id` of defineProvider\(\)/],
    ["an address that is none", { baseURL: "acme" }, /`baseURL` of defineProvider\(\) must be an absolute URL/],
    ["a part of which nothing is said", { addressParts: {} }, /must be a plain URL .* a name in `addressParts`/],
    [
      "a slash at the end",
      { baseURL: "https://{region}.acme.example/v1/" },
      /must be a plain URL without a slash at its end/,
    ],
    ["no list of variables", { keyVariables: "ACME" }, /`keyVariables` of defineProvider\(\) must be an array/],
    [
      "a way to show a key that is none",
      { auth: { type: "cookie" } },
      /`auth.type of defineProvider\(\)` must be one of/,
    ],
    [
      "a quirk that is none",
      { quirks: { maxTokenField: "a" } },
      /`quirks` of defineProvider\(\) has no `maxTokenField`/,
    ],
    ["a field that is none", { url: "https://a" }, /defineProvider\(\) has no option `url`/],
  ])("is refused with %s", (_, fields, message) => {
    expect(() => defineProvider({ ...acme, ...fields })).toThrow(TypeError);
    expect(() => defineProvider({ ...acme, ...fields })).toThrow(message);
  });
});

describe("a key", () => {
  const hello = { model: "house/m", messages: [{ role: "user", content: "Hello" }] };
  const house = { id: "house", baseURL: "https://house.example/v1", apiKey: "canary+/=" };

  test.each([
    ["bearer", { type: "bearer" }, { authorization: "Bearer canary+/=" }, ""],
    ["a header of its own", { type: "header", name: "X-Key" }, { "x-key": "canary+/=" }, ""],
    ["a parameter of the address", { type: "query", name: "key" }, {}, "?key=canary%2B%2F%3D"],
    ["nothing", { type: "none" }, {}, ""],
  ] as const)("is shown as %s", async (_, auth, headers, query) => {
    const { sent } = await ask(openaiCompatible({ ...house, auth }), hello, chatAnswer);
    expect(sent[0]?.url).toBe(`https://house.example/v1/chat/completions${query}`);
    expect(sent[0]?.headers).toMatchObject(headers);
    expect(JSON.stringify(sent[0]?.headers).includes("canary")).toBe(Object.keys(headers).length > 0);
  });

  test("in the address is not in what a dry run tells", async () => {
    const gateway = createGateway({
      providers: [openaiCompatible({ ...house, auth: { type: "query", name: "key" } })],
    });
    const told = await gateway.explain({ model: "house/m", messages: [{ role: "user", content: "Hello" }] });
    expect(JSON.stringify(told)).toContain("?key=%5Bredacted%5D");
    expect(JSON.stringify(told)).not.toContain("canary");
  });
});
