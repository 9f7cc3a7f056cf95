import { describe, expect, test } from "vitest";
import { addressVariablesOf, keyVariablesOf, type ProviderRow } from "../../src/providers/provider-row.ts";
import { providerFrom } from "../../src/providers/openai-compatible.ts";
import { providersFromEnv } from "../../src/providers/from-env.ts";
import { providerTable } from "../../src/providers/table.ts";
import type { Provider } from "../../src/index.ts";
import { ask, chatAnswer, messagesAnswer, responsesAnswer } from "./ask.ts";
import { quirkCases } from "./quirk-cases.ts";

const address = (row: ProviderRow): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.keys(row.addressParts ?? {}).map((part) => [part, "acme"]));

const make = (row: ProviderRow, options: object = {}): Provider =>
  providerFrom({}, row.id, {
    apiKey: "canary",
    ...(row.addressParts === undefined ? {} : { address: address(row) }),
    ...options,
  });

const defined = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** What came of a body, also of one that broke off. */
const readText = async ({ body }: Response): Promise<string> => {
  const chunks: Uint8Array[] = [];
  const reader = body?.getReader();
  try {
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) chunks.push(next.value);
  } catch {
    // What came before stays.
  }
  return Buffer.concat(chunks).toString();
};

test("there is a case for each provider of the table", () => {
  expect(Object.keys(quirkCases).toSorted()).toEqual(providerTable.map(({ id }) => id).toSorted());
});

describe("a provider of the table", () => {
  const named = providerTable.map((row) => [row.id, quirkCases[row.id]?.shows, row] as const);

  test.each(named)("%s %s", async (id, _, row) => {
    const quirk = quirkCases[id] ?? { shows: "" };
    const { asks, sends = {}, headers = { authorization: "Bearer canary" }, model = "m", front = "chat" } = quirk;
    const provider = make(row);
    const body = { model: `${id}/${model}`, messages: [{ role: "user", content: "Hello" }], ...asks };
    const { sent, response } = await ask(provider, body, quirk.answer ?? chatAnswer, front);
    const url = quirk.url ?? `${provider.baseURL}/chat/completions`;
    expect(sent).toMatchObject(quirk.isRefused === true ? [] : [{ url, headers, body: defined(sends) }]);
    const absent = Object.keys(sends).filter((name) => sends[name] === undefined);
    expect(absent.filter((name) => name in (sent[0]?.body ?? {}))).toEqual([]);
    const { says = { choices: [{ message: { content: "Hello" } }] } } = quirk;
    const text = await readText(response);
    // A text is a part of the answer, an object of its JSON.
    expect(typeof says === "string" ? { says: text.includes(says) } : JSON.parse(text)).toMatchObject(
      typeof says === "string" ? { says: true } : says,
    );
  });

  const others = providerTable.flatMap((row) => (row.apis ?? []).map((api) => [row.id, api, row] as const));

  test.each(others)("%s speaks %s at the same address where that is wanted", async (id, api, row) => {
    const provider = make(row, { api });
    const body = { model: `${id}/m`, messages: [{ role: "user", content: "Hello" }] };
    const { sent, response } = await ask(provider, body, api === "responses" ? responsesAnswer : messagesAnswer);
    expect(sent[0]?.url).toBe(`${provider.baseURL}/${api}`);
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: "Hello" } }] });
  });
});

describe("an address with parts of the customer's own", () => {
  const row = (id: string): ProviderRow => {
    const found = providerTable.find((one) => one.id === id);
    if (found === undefined) throw new Error(`There is no ${id}.`);
    return found;
  };

  test.each([
    [
      "databricks",
      { host: "https://dbc-1.cloud.databricks.com/" },
      "https://dbc-1.cloud.databricks.com/serving-endpoints",
    ],
    [
      "snowflake",
      { account: "org-acme.snowflakecomputing.com" },
      "https://org-acme.snowflakecomputing.com/api/v2/cortex/v1",
    ],
    ["azure-anthropic", { resource: "acme" }, "https://acme.services.ai.azure.com/anthropic/v1"],
  ])("is filled in: %s", (id, parts, baseURL) => {
    expect(make(row(id), { address: parts }).baseURL).toBe(baseURL);
  });

  test("comes from the environment, which asks for the provider where it has all of it", () => {
    const environment = { DATABRICKS_API_KEY: "k", DATABRICKS_HOST: "https://dbc-1.cloud.databricks.com" };
    expect(providersFromEnv(environment)[0]?.baseURL).toBe("https://dbc-1.cloud.databricks.com/serving-endpoints");
    expect(providersFromEnv({ DATABRICKS_API_KEY: "k" })).toEqual([]);
    const whole = { DATABRICKS_API_KEY: "k", DATABRICKS_API_BASE: "https://a.example/serving-endpoints" };
    expect(providersFromEnv(whole)[0]?.baseURL).toBe(whole.DATABRICKS_API_BASE);
  });

  test.each<[object, RegExp]>([
    [{ address: {} }, /needs `address\.host` or DATABRICKS_HOST; it is a part of its address/],
    [{ address: { host: "evil.example/path" } }, /host of provider\("databricks"\) must be a name/],
    [{ address: { host: "a b" } }, /must be a name/],
    [{ address: { host: "a", account: "b" } }, /`address\.account` .* is not a part of its address; it has host/],
    [{ address: { host: "a" }, baseURL: "https://a.example" }, /one of `baseURL` and `address`, not both/],
  ])("is refused where it cannot be: %j", (options, message) => {
    expect(() => make(row("databricks"), options)).toThrow(TypeError);
    expect(() => make(row("databricks"), options)).toThrow(message);
  });

  test("is no option of a provider that has none", () => {
    expect(() => make(row("groq"), { address: { host: "a" } })).toThrow("has no option `address`");
    expect(() => make(row("together"), { api: "responses" })).toThrow("has no option `api`");
    expect(() => make(row("groq"), { api: "messages" })).toThrow(
      /`api of provider\("groq"\)` must be one of "chat", "res/,
    );
  });
});

test("an environment asks for each hosted provider by each of its own keys, once its address is known", () => {
  const hosted = providerTable.filter(({ local }) => local !== true);
  const found = hosted.flatMap((row) => {
    const parts = Object.values(row.addressParts ?? {}).flatMap(([first]) =>
      first === undefined ? [] : [[first, "acme"]],
    );
    const [endpoint = ""] = addressVariablesOf(row);
    const needsEndpoint = Object.values(row.addressParts ?? {}).some((variables) => variables.length === 0);
    return row.keyVariables.map((name) => {
      const environment = {
        ...Object.fromEntries(parts),
        ...(needsEndpoint ? { [endpoint]: "https://a.example" } : {}),
      };
      return [row.id, name, ...providersFromEnv({ ...environment, [name]: "k" }).map(({ id }) => id)];
    });
  });
  expect(found).toEqual(hosted.flatMap((row) => row.keyVariables.map((name) => [row.id, name, row.id])));
  expect(hosted.flatMap((row) => keyVariablesOf(row)).length).toBeGreaterThan(50);
});
