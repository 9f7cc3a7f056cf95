import { describe, expect, test } from "vitest";
import type { Provider, VertexOptions } from "../../src/index.ts";
import type { FakeAnswer } from "../../src/testing/index.ts";
import { providersFromEnv } from "../../src/providers/from-env.ts";
import { vertexFrom } from "../../src/providers/vertex.ts";
import { ask, chatAnswer, geminiAnswer, messagesAnswer, type Asked, type Sent } from "./ask.ts";

const scope = { project: "acme-1", location: "europe-west4" };
const vertex = (options: VertexOptions = {}): Provider =>
  vertexFrom({}, { ...scope, accessToken: "canary", ...options });
const hello = { messages: [{ role: "user", content: "Hello" }] };
const answers = { gemini: geminiAnswer, "anthropic-messages": messagesAnswer, "openai-chat": chatAnswer } as const;

const askFor = (model: string, body: object = {}, provider = vertex()): Promise<Asked> => {
  const dialect = /claude/.test(model) ? "anthropic-messages" : model.includes("/llama") ? "openai-chat" : "gemini";
  return ask(provider, { model: `vertex/${model}`, ...hello, ...body }, answers[dialect]);
};

const sentFor = async (model: string, body: object = {}, provider?: Provider): Promise<Sent> => {
  const { sent, response } = await askFor(model, body, provider);
  const [first] = sent;
  if (first === undefined) throw new Error(await response.text());
  expect(response.status).toBe(200);
  return first;
};

const place = "/projects/acme-1/locations/europe-west4";
const host = "https://europe-west4-aiplatform.googleapis.com";

describe("where a model is asked", () => {
  test.each([
    ["gemini-2.5-flash", `${host}/v1beta1${place}/publishers/google/models/gemini-2.5-flash:generateContent`],
    ["endpoints/123", `${host}/v1beta1${place}/endpoints/123:generateContent`],
    [
      "claude-sonnet-4-5@20250929",
      `${host}/v1${place}/publishers/anthropic/models/claude-sonnet-4-5%4020250929:rawPredict`,
    ],
    ["meta/llama-3.3-70b-instruct-maas", `${host}/v1${place}/endpoints/openapi/chat/completions`],
  ])("is, for %s, %s", async (model, url) => {
    const sent = await sentFor(model);
    expect(sent.url).toBe(url);
    expect(sent.headers).toMatchObject({ authorization: "Bearer canary" });
  });

  test.each([
    ["global", "https://aiplatform.googleapis.com"],
    ["us", "https://aiplatform.us.rep.googleapis.com"],
    ["eu", "https://aiplatform.eu.rep.googleapis.com"],
    ["us-central1", "https://us-central1-aiplatform.googleapis.com"],
  ])("is a host of its own for %s", (location, baseURL) => {
    expect(vertex({ location }).baseURL).toBe(baseURL);
  });

  test("is another host's, whatever version stands behind it", async () => {
    const provider = vertex({ baseURL: "https://acme-1.p.googleapis.com/v1beta1/" });
    expect((await sentFor("claude-opus-4-1", {}, provider)).url).toMatch(
      /^https:\/\/acme-1\.p\.googleapis\.com\/v1\/pro/,
    );
  });

  test("is without a project in express mode, which shows its key", async () => {
    const { url, headers } = await sentFor("gemini-2.5-flash", {}, vertexFrom({}, { apiKey: "canary-key" }));
    expect(url).toBe(
      "https://aiplatform.googleapis.com/v1beta1/publishers/google/models/gemini-2.5-flash:generateContent",
    );
    expect(headers["x-goog-api-key"]).toBe("canary-key");
    expect(headers["authorization"]).toBeUndefined();
  });

  test("is another method for a stream", async () => {
    const stream = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;
    const gemini = await ask(
      vertex(),
      { model: "vertex/gemini-2.5-flash", stream: true, ...hello },
      {
        body: [stream(geminiAnswer.body as object)],
      },
    );
    expect(gemini.sent[0]?.url).toMatch(/gemini-2\.5-flash:streamGenerateContent\?alt=sse$/);
    expect(await gemini.response.text()).toContain('"content":"Hello"');
    const claude = await ask(
      vertex(),
      { model: "vertex/claude-opus-4-1", stream: true, ...hello },
      {
        body: [
          stream({
            type: "message_start",
            message: { ...(messagesAnswer.body as object), content: [], stop_reason: null },
          }),
          stream({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 1 } }),
          stream({ type: "message_stop" }),
        ],
      },
    );
    expect(claude.sent[0]?.url).toMatch(/claude-opus-4-1:streamRawPredict$/);
    expect(claude.sent[0]?.body).toMatchObject({ stream: true });
  });
});

describe("Claude on Vertex", () => {
  test("is told the version in the body, and the model nowhere in it", async () => {
    const { body, headers } = await sentFor("claude-sonnet-4-5");
    expect(body).toMatchObject({ anthropic_version: "vertex-2023-10-16", messages: [{ role: "user" }] });
    expect(body).not.toHaveProperty("model");
    expect(headers["anthropic-version"]).toBeUndefined();
  });

  test("gets a client's own message as it was written but for that", async () => {
    const body = { model: "vertex/claude-opus-4-1", max_tokens: 9, ...hello, future_field: { model: true } };
    const { sent, response } = await ask(vertex(), body, messagesAnswer, "messages");
    const { model: _, ...rest } = body;
    expect(sent[0]?.body).toEqual({ anthropic_version: "vertex-2023-10-16", ...rest });
    expect(await response.json()).toEqual(messagesAnswer.body);
  });

  test("gets no image that it would have to fetch", async () => {
    const image = [{ type: "image_url", image_url: { url: "https://example.com/a.png" } }];
    const { sent, response } = await askFor("claude-opus-4-1", { messages: [{ role: "user", content: image }] });
    expect([response.status, sent]).toEqual([400, []]);
    expect(await response.text()).toContain("`media`");
  });

  test("gets its bytes where the gateway may fetch it", async () => {
    const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
    const url = "https://images.example.com/a.png";
    const image = [{ type: "image_url", image_url: { url } }];
    const body = { model: "vertex/claude-opus-4-1", messages: [{ role: "user", content: image }] };
    const answer = (asked: string): FakeAnswer =>
      asked === url ? { headers: { "content-type": "image/png" }, body: [png] } : messagesAnswer;
    const { sent } = await ask(vertex(), body, answer, "chat", { media: { allowHosts: ["images.example.com"] } });
    const source = { type: "base64", media_type: "image/png", data: png.toString("base64") };
    expect(sent[1]?.body["messages"]).toEqual([{ role: "user", content: [{ type: "image", source }] }]);
  });
});

describe("Gemini on Vertex", () => {
  test("gets metadata as labels, and is spared what is none (Q71)", async () => {
    const metadata = { team: "search", "Cost Center": "7", env: "Prod!" };
    const { sent, response } = await askFor("gemini-2.5-flash", { metadata });
    expect(sent[0]?.body).toMatchObject({ labels: { team: "search" } });
    expect(response.headers.get("x-llm-gateway-dropped")).toBe("metadata.Cost Center, metadata.env");
  });

  test("tells its refusals", async () => {
    const error = { code: 404, message: "Publisher Model `x` not found.", status: "NOT_FOUND", details: [] };
    const { response } = await ask(vertex(), { model: "vertex/gemini-0", ...hello }, { status: 404, body: { error } });
    expect(await response.json()).toMatchObject({ error: { code: "upstream_model_not_found" } });
  });
});

describe("counting tokens", () => {
  test("is a model of its own beside Claude", async () => {
    const body = { model: "vertex/claude-opus-4-1", ...hello };
    const { sent, response } = await ask(vertex(), body, { body: { input_tokens: 7 } }, "count");
    expect(sent[0]).toMatchObject({
      url: `${host}/v1${place}/publishers/anthropic/models/count-tokens:rawPredict`,
      body: { anthropic_version: "vertex-2023-10-16", model: "claude-opus-4-1", messages: [{ role: "user" }] },
    });
    expect(await response.json()).toEqual({ input_tokens: 7 });
  });

  test("takes the prompt of Gemini as it is", async () => {
    const body = { model: "vertex/gemini-2.5-pro", system: "Be brief.", max_tokens: 9, ...hello };
    const { sent, response } = await ask(vertex(), body, { body: { totalTokens: 7 } }, "count");
    expect(sent[0]?.url).toBe(`${host}/v1beta1${place}/publishers/google/models/gemini-2.5-pro:countTokens`);
    expect(sent[0]?.body).toMatchObject({ contents: [{ role: "user" }], systemInstruction: { parts: [{}] } });
    expect(sent[0]?.body).not.toHaveProperty("generateContentRequest");
    expect(await response.json()).toEqual({ input_tokens: 7 });
  });
});

describe("the environment", () => {
  test.each<[Readonly<Record<string, string>>, boolean]>([
    [{ GOOGLE_VERTEX_PROJECT: "acme-1", GOOGLE_VERTEX_LOCATION: "us-east5" }, true],
    [{ ANTHROPIC_VERTEX_PROJECT_ID: "acme-1", CLOUD_ML_REGION: "us-east5" }, true],
    [{ GOOGLE_CLOUD_PROJECT: "acme-1", GOOGLE_CLOUD_LOCATION: "us-east5", GOOGLE_GENAI_USE_VERTEXAI: "True" }, true],
    [{ GOOGLE_CLOUD_PROJECT: "acme-1", GOOGLE_CLOUD_LOCATION: "us-east5" }, false],
    [{ GOOGLE_APPLICATION_CREDENTIALS: "/nowhere/key.json" }, false],
  ])("asks for Vertex AI with %j: %s", (environment, expected) => {
    expect(providersFromEnv(environment).map(({ id, baseURL }) => [id, baseURL])).toEqual(
      expected ? [["vertex", "https://us-east5-aiplatform.googleapis.com"]] : [],
    );
  });

  test("has a key for express mode, which a project in the code does without", () => {
    const environment = { GOOGLE_VERTEX_API_KEY: "k" };
    expect(providersFromEnv(environment)[0]).toMatchObject({ id: "vertex", auth: { name: "x-goog-api-key" } });
    expect(vertexFrom(environment, scope).auth.type).toBe("credentials");
  });

  test("knows its models", () => {
    const provider = vertex();
    expect(provider.telemetryName).toBe("gcp.vertex_ai");
    const names = ["gemini-2.5-pro", "claude-sonnet-4-5@20250929", "meta/llama-4-scout-17b-16e-instruct-maas"];
    expect(names.filter((name) => provider.models.get(name)?.price === undefined)).toEqual([]);
  });
});

test.each<[string, VertexOptions, RegExp]>([
  ["no project", { location: "us" }, /needs `project` or GOOGLE_VERTEX_PROJECT/],
  ["a project that is none", { project: "evil/../x" }, /project of vertex\(\) must be its id/],
  ["a location that is none", { project: "a1", location: "evil.example/" }, /location of vertex\(\)/],
  ["two ways to prove it", { project: "a1", accessToken: "t", apiKey: "k" }, /`apiKey` and `accessToken`, not both/],
  ["half a key", { project: "a1", credentials: { client_email: "a" } as never }, /`credentials` of vertex\(\) must be/],
  ["an option it lacks", { project: "a1", region: "us" } as VertexOptions, /no option `region`/],
])("vertex() refuses %s", (_, options, message) => {
  expect(() => vertexFrom({}, options)).toThrow(TypeError);
  expect(() => vertexFrom({}, options)).toThrow(message);
});
