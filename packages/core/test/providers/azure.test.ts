import { describe, expect, test } from "vitest";
import { azureFrom } from "../../src/providers/azure.ts";
import { providersFromEnv } from "../../src/providers/from-env.ts";
import type { AzureOpenaiOptions, Provider } from "../../src/index.ts";
import { ask, chatAnswer, responsesAnswer, type Sent } from "./ask.ts";

const resource = { resource: "acme", apiKey: "canary-key" };
const azure = (options: AzureOpenaiOptions = {}): Provider => azureFrom({}, { ...resource, ...options });
const hello = { messages: [{ role: "user", content: "Hello" }] };

const sentTo = async (provider: Provider, body: object = {}): Promise<Sent> => {
  const answer = provider.dialect.id === "openai-responses" ? responsesAnswer : chatAnswer;
  const { sent, response } = await ask(provider, { model: "azure/gpt-5-mini", ...hello, ...body }, answer);
  const [first] = sent;
  if (first === undefined) throw new Error(await response.text());
  return first;
};

describe("where a deployment is asked", () => {
  test.each<[string, AzureOpenaiOptions, string]>([
    ["the current API", {}, "https://acme.openai.azure.com/openai/v1/chat/completions"],
    [
      "its preview",
      { apiVersion: "preview" },
      "https://acme.openai.azure.com/openai/v1/chat/completions?api-version=preview",
    ],
    [
      "a dated API, under the deployment's name",
      { apiVersion: "2024-10-21", deployments: { "gpt-5-mini": "our mini/1" } },
      "https://acme.openai.azure.com/openai/deployments/our%20mini%2F1/chat/completions?api-version=2024-10-21",
    ],
    ["Responses", { api: "responses" }, "https://acme.openai.azure.com/openai/v1/responses"],
    [
      "Responses of a dated API, which names no deployment",
      { api: "responses", apiVersion: "2025-04-01-preview" },
      "https://acme.openai.azure.com/openai/responses?api-version=2025-04-01-preview",
    ],
  ])("is at %s", async (_, options, url) => {
    const sent = await sentTo(azure(options));
    expect(sent.url).toBe(url);
    expect(sent.headers["api-key"]).toBe("canary-key");
    expect(sent.headers["authorization"]).toBeUndefined();
  });

  test.each([
    "https://acme.cognitiveservices.azure.com/",
    "https://acme.cognitiveservices.azure.com/openai",
    "https://acme.cognitiveservices.azure.com/openai/v1/",
  ])("is the endpoint %s, however much of the path it has", async (baseURL) => {
    const provider = azureFrom({}, { baseURL, apiKey: "k" });
    expect((await sentTo(provider)).url).toBe("https://acme.cognitiveservices.azure.com/openai/v1/chat/completions");
  });

  test("is asked for by its name, which clients need not know", async () => {
    const provider = azure({ deployments: { "gpt-5-mini": "mini", house: "house-1" } });
    expect((await sentTo(provider)).body).toMatchObject({ model: "mini" });
    expect((await sentTo(provider, { model: "house" })).body).toMatchObject({ model: "house-1" });
    expect((await sentTo(provider, { model: "azure/undeclared" })).body).toMatchObject({ model: "undeclared" });
    expect([...provider.models.keys()]).toEqual(["gpt-5-mini", "house"]);
    expect(provider.models.get("gpt-5-mini")?.contextWindow).toBeGreaterThan(100_000);
  });
});

describe("embeddings", () => {
  test.each<[AzureOpenaiOptions, string]>([
    [{}, "https://acme.openai.azure.com/openai/v1/embeddings"],
    [
      { apiVersion: "2024-10-21" },
      "https://acme.openai.azure.com/openai/deployments/vectors/embeddings?api-version=2024-10-21",
    ],
  ])("are asked of their deployment as well: %j", async (options, url) => {
    const provider = azure({ deployments: { "text-embedding-3-small": "vectors" }, ...options });
    const body = { model: "azure/text-embedding-3-small", input: "Hello" };
    const answer = { object: "list", model: "m", data: [{ index: 0, embedding: [1, 2] }], usage: { prompt_tokens: 1 } };
    const { sent, response } = await ask(provider, body, { body: answer }, "embeddings");
    expect(sent[0]).toMatchObject({ url, body: { model: "vectors", input: "Hello" } });
    expect(response.status).toBe(200);
  });
});

describe("who is asking", () => {
  test("is shown by a token of Entra, fetched for each call", async () => {
    let calls = 0;
    const provider = azureFrom({}, { resource: "acme", accessToken: async () => `token-${++calls}` });
    await sentTo(provider);
    const { headers } = await sentTo(provider);
    expect(headers).toMatchObject({ authorization: "Bearer token-2" });
    expect(headers["api-key"]).toBeUndefined();
  });

  test.each([
    ["fails", () => Promise.reject(new Error("no network"))],
    ["throws", (): string => JSON.parse("no token")],
    ["gives nothing", (): string => ""],
    ["gives what cannot be sent", async () => "canary\r\nx: y"],
  ])("is not known where the token's source %s, and nothing is sent", async (_, accessToken) => {
    const provider = azureFrom({}, { resource: "acme", accessToken });
    const { sent, response } = await ask(provider, { model: "azure/m", ...hello }, chatAnswer);
    expect(sent).toEqual([]);
    expect(response.status).toBe(502);
    const text = await response.text();
    expect(text).toContain("The credentials of azure failed.");
    expect(text).not.toContain("canary");
  });
});

describe("what a version of the API takes", () => {
  const rich = {
    messages: [
      { role: "developer", content: "Be brief." },
      { role: "user", content: "Hello" },
    ],
    max_completion_tokens: 9,
    reasoning_effort: "low",
    parallel_tool_calls: false,
    tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
    metadata: { a: "b" },
  };

  test("is all of it now", async () => {
    expect((await sentTo(azure(), rich)).body).toEqual({ ...rich, model: "gpt-5-mini" });
  });

  test.each([
    ["2025-01-01-preview", Object.keys(rich)],
    ["2024-10-21", ["messages", "max_completion_tokens", "parallel_tool_calls", "tools"]],
    ["2024-06-01", ["messages", "max_tokens", "tools"]],
  ])("was less before: %s", async (apiVersion, fields) => {
    const { body } = await sentTo(azure({ apiVersion }), rich);
    expect(Object.keys(body).toSorted()).toEqual(["model", ...fields].toSorted());
  });

  test("names what it drops", async () => {
    const { response } = await ask(azure({ apiVersion: "2024-06-01" }), { model: "azure/m", ...rich }, chatAnswer);
    expect(response.headers.get("x-llm-gateway-dropped")).toMatch(/reasoning_effort/);
  });

  test("is less of models of other makers", async () => {
    const body = {
      ...rich,
      tool_choice: { type: "function", function: { name: "f" } },
    };
    const sent = await sentTo(azure(), { ...body, model: "azure/DeepSeek-R1-0528" });
    expect(sent.body).toMatchObject({ max_tokens: 9, tool_choice: "required" });
    expect(sent.body["messages"]).toMatchObject([{ role: "system" }, { role: "user" }]);
    const corrected = azure({ quirks: { maxTokensField: "max_completion_tokens" } });
    expect((await sentTo(corrected, { ...body, model: "azure/grok-4" })).body).toMatchObject({
      max_completion_tokens: 9,
      tool_choice: body.tool_choice,
    });
  });
});

describe("content filters", () => {
  const verdict = { hate: { filtered: false, severity: "safe" }, jailbreak: { detected: false, filtered: false } };

  test("have their verdicts in the answer as Azure gave them", async () => {
    const choices = [
      {
        index: 0,
        message: { role: "assistant", content: "Hello" },
        finish_reason: "stop",
        content_filter_results: verdict,
      },
    ];
    const body = {
      ...(chatAnswer.body as object),
      choices,
      prompt_filter_results: [{ content_filter_results: verdict }],
    };
    const { response } = await ask(azure(), { model: "azure/gpt-5-mini", ...hello }, { body });
    expect(await response.json()).toEqual(body);
  });

  test("have them in the stream's first chunk, which has no choice", async () => {
    const chunk = (fields: object): string =>
      `data: ${JSON.stringify({ id: "c1", object: "chat.completion.chunk", created: 1, model: "m", ...fields })}\n\n`;
    const stream = [
      chunk({ choices: [], prompt_filter_results: [{ prompt_index: 0, content_filter_results: verdict }] }),
      chunk({ choices: [{ index: 0, delta: { role: "assistant", content: "Hi" }, content_filter_results: verdict }] }),
      chunk({ choices: [{ index: 0, delta: {}, finish_reason: "stop", content_filter_results: {} }] }),
      "data: [DONE]\n\n",
    ];
    const { response } = await ask(azure(), { model: "azure/gpt-5-mini", stream: true, ...hello }, { body: stream });
    expect(await response.text()).toBe(stream.join(""));
  });

  test("that stop a prompt are told as such, and no fallback is blamed", async () => {
    const error = {
      message: "The response was filtered.",
      type: null,
      param: "prompt",
      code: "content_filter",
      status: 400,
      innererror: { code: "ResponsibleAIPolicyViolation", content_filter_result: verdict },
    };
    const { response } = await ask(azure(), { model: "azure/gpt-5-mini", ...hello }, { status: 400, body: { error } });
    expect(response.status).toBe(400);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(await response.json()).toMatchObject({ error: { code: "upstream_content_filter" } });
  });
});

describe("the environment", () => {
  const key = { AZURE_OPENAI_API_KEY: "k" };

  test.each<[Readonly<Record<string, string>>, string | undefined]>([
    [{ ...key, AZURE_OPENAI_ENDPOINT: "https://acme.openai.azure.com/" }, "https://acme.openai.azure.com/openai/v1"],
    [{ ...key, AZURE_RESOURCE_NAME: "acme" }, "https://acme.openai.azure.com/openai/v1"],
    [
      { AZURE_API_KEY: "k", AZURE_API_BASE: "https://acme.openai.azure.com", AZURE_API_VERSION: "2024-10-21" },
      "https://acme.openai.azure.com/openai",
    ],
    [
      { ...key, AZURE_OPENAI_ENDPOINT: "https://acme.openai.azure.com", OPENAI_API_VERSION: "2024-10-21" },
      "https://acme.openai.azure.com/openai",
    ],
    [key, undefined],
    [{ AZURE_OPENAI_ENDPOINT: "https://acme.openai.azure.com" }, undefined],
  ])("asks for Azure with %j", (environment, baseURL) => {
    expect(providersFromEnv(environment).map((provider) => [provider.id, provider.baseURL])).toEqual(
      baseURL === undefined ? [] : [["azure", baseURL]],
    );
  });

  test("knows Azure's models under the names that deployments have unless somebody gives them others", () => {
    const provider = azureFrom({ ...key, AZURE_RESOURCE_NAME: "acme" });
    expect(provider.telemetryName).toBe("azure.ai.openai");
    expect(provider.models.get("gpt-5-mini")?.price).toBeDefined();
  });
});

test.each<[string, AzureOpenaiOptions, RegExp]>([
  ["no resource", { apiKey: "k" }, /needs `resource` or `baseURL`, or AZURE_OPENAI_ENDPOINT or/],
  ["no key", { resource: "acme" }, /needs `apiKey` or AZURE_OPENAI_API_KEY/],
  ["two places", { ...resource, baseURL: "https://a.example" }, /one of `resource` and `baseURL`, not both/],
  ["two ways to prove it", { ...resource, accessToken: "t" }, /one of `apiKey` and `accessToken`, not both/],
  [
    "a resource that is none",
    { ...resource, resource: "evil.example/x" },
    /resource of azureOpenai\(\) must be a name/,
  ],
  ["a version that is none", { ...resource, apiVersion: "latest" }, /API version of azureOpenai\(\)/],
  ["an API it lacks", { ...resource, api: "messages" as "chat" }, /`api of azureOpenai\(\)` must be one of/],
  ["deployments that are none", { ...resource, deployments: { a: "" } }, /`deployments\["a"\]`/],
  ["an option it lacks", { ...resource, deployment: "d" } as AzureOpenaiOptions, /no option `deployment`/],
])("azureOpenai() refuses %s", (_, options, message) => {
  expect(() => azureFrom({}, options)).toThrow(TypeError);
  expect(() => azureFrom({}, options)).toThrow(message);
});
