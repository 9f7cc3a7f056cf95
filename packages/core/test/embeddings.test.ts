import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import {
  anthropic,
  cache,
  createGateway,
  guardrail,
  memoryLedger,
  openai,
  openaiCompatible,
  pii,
  type GatewayOptions,
} from "../src/index.ts";
import { createFakeTransport, type FakeAnswer } from "../src/testing/index.ts";
import type { TransportRequest } from "../src/transport/transport.ts";

const floats = [0.5, -0.25, 1];
const base64 = Buffer.from(Float32Array.from(floats).buffer).toString("base64");

const answer = (vectors: readonly unknown[], change: object = {}): FakeAnswer => ({
  body: JSON.stringify({
    object: "list",
    data: vectors.map((embedding, index) => ({ object: "embedding", index, embedding })),
    model: "text-embedding-3-small",
    usage: { prompt_tokens: 8, total_tokens: 8 },
    ...change,
  }),
});

const setUp = (respond: (request: TransportRequest) => FakeAnswer, options: GatewayOptions = {}) => {
  const transport = createFakeTransport(respond);
  const ledger = memoryLedger();
  const gateway = createGateway({
    providers: [
      openai({ apiKey: "sk-o" }),
      openaiCompatible({
        id: "house",
        baseURL: "http://127.0.0.1:8000/v1",
        quirks: { embeddingFields: { dimensions: "output_dimension", encoding: false } },
      }),
      anthropic({ apiKey: "sk-a" }),
    ],
    transport,
    stores: { ledger },
    ...options,
  });
  const fetch = gateway.fetchAs({ id: "ada" });
  const client = new OpenAI({ apiKey: "none", baseURL: "http://gateway.test/v1", fetch, maxRetries: 0 });
  const post = (body: unknown): Promise<Response> =>
    fetch("http://gateway.test/v1/embeddings", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const sent = (): unknown[] => transport.requests.map(({ body }) => JSON.parse(String(body)));
  return { client, post, sent, transport, ledger };
};

describe("POST /v1/embeddings", () => {
  test("a request in the provider's own dialect, and its answer, pass as they are", async () => {
    const { post, transport } = setUp(() => answer([base64], { system: "x" }));
    const body =
      '{ "input":["a","b"] ,"model":"openai/text-embedding-3-small","encoding_format":"base64","beta":{"x":1}}';
    const two = setUp(() => answer([base64, base64], { beta: 1 }));
    const response = await two.post(JSON.parse(body));
    expect(await response.text()).toBe(String(answer([base64, base64], { beta: 1 }).body));
    expect(two.sent()).toEqual([
      { input: ["a", "b"], model: "text-embedding-3-small", encoding_format: "base64", beta: { x: 1 } },
    ]);
    await post({ model: "openai/text-embedding-3-small", input: "a", encoding_format: "base64" });
    expect(transport.requests[0]?.url).toBe("https://api.openai.com/v1/embeddings");
  });

  test("the official client gets numbers, whichever form the provider writes", async () => {
    for (const vector of [base64, floats]) {
      const { client, ledger } = setUp(() => answer([vector]));
      const { data, usage } = await client.embeddings.create({ model: "openai/text-embedding-3-small", input: "a" });
      expect(data[0]?.embedding).toEqual(floats);
      expect(usage).toEqual({ prompt_tokens: 8, total_tokens: 8 });
      expect(ledger.rows()).toMatchObject([{ usage: { inputTokens: 8, outputTokens: 0 }, costNanoUsd: 160 }]);
    }
  });

  test("vectors come in the form the client asked for", async () => {
    const { post } = setUp(() => answer([base64]));
    const asked = { model: "openai/text-embedding-3-small", input: "a" };
    expect(await (await post(asked)).json()).toMatchObject({ data: [{ index: 0, embedding: floats }] });
    const numbers = setUp(() => answer([floats]));
    const response = await numbers.post({ ...asked, encoding_format: "base64" });
    expect(await response.json()).toMatchObject({ data: [{ index: 0, embedding: base64 }] });
  });

  test("settings go by the names their server has for them", async () => {
    const { post, sent } = setUp(() => answer([floats]));
    const response = await post({
      model: "house/m",
      input: "a",
      dimensions: 3,
      encoding_format: "float",
      input_type: "query",
      user: "u",
      other: 1,
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-llm-gateway-dropped")).toBe("input_type");
    expect(sent()).toEqual([{ other: 1, model: "m", input: "a", output_dimension: 3, user: "u" }]);
  });

  test("token numbers reach the provider that reads them", async () => {
    const { post, sent } = setUp(() => answer([floats, floats]));
    await post({ model: "house/m", input: [[1, 2], [3]], encoding_format: "float" });
    expect(sent()).toMatchObject([{ input: [[1, 2], [3]] }]);
  });

  test("vectors that are written anew stand in the order of the inputs", async () => {
    const data = [
      { object: "embedding", index: 1, embedding: [2] },
      { object: "embedding", index: 0, embedding: [1] },
    ];
    const { client } = setUp(() => answer([], { data }));
    const answered = await client.embeddings.create({ model: "house/m", input: ["a", "b"] });
    expect(answered.data.map(({ embedding }) => embedding)).toEqual([[1], [2]]);
  });

  test.each([
    ["too few vectors", answer([floats])],
    ["a vector that is none", answer([floats, "!"])],
    ["a number that is none", answer([floats, [1, "2"]])],
    ["no list", { body: "{}" }],
  ])("%s are no answer", async (_, broken) => {
    const { post } = setUp(() => broken);
    const response = await post({ model: "openai/text-embedding-3-small", input: ["a", "b"] });
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { code: "upstream_invalid_response" } });
  });

  test.each([
    [{ input: "a" }, "model"],
    [{ model: "openai/m" }, "input"],
    [{ model: "openai/m", input: "" }, "input"],
    [{ model: "openai/m", input: [] }, "input"],
    [{ model: "openai/m", input: ["a", ""] }, "input[1]"],
    [{ model: "openai/m", input: ["a", {}] }, "input[1]"],
    [{ model: "openai/m", input: [-1] }, "input[0]"],
    [{ model: "openai/m", input: "a", encoding_format: "hex" }, "encoding_format"],
    [{ model: "openai/m", input: "a", dimensions: 0 }, "dimensions"],
  ])("%j is refused, naming the field", async (body, param) => {
    const { post, transport } = setUp(() => answer([floats]));
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error", param } });
    expect(transport.requests).toEqual([]);
  });

  test("a provider without embeddings is not asked, also where it is the only one", async () => {
    const { post, sent } = setUp(() => answer([floats]), {
      models: { vectors: ["anthropic/claude-haiku-4-5", "house/m"] },
    });
    expect((await post({ model: "vectors", input: "a" })).headers.get("x-llm-gateway-target")).toBe("house/m");
    const refused = await post({ model: "anthropic/claude-haiku-4-5", input: "a" });
    expect(refused.status).toBe(404);
    expect(await refused.json()).toMatchObject({ error: { code: "model_not_found" } });
    expect(sent()).toHaveLength(1);
  });

  test("guardrails read the inputs, and the cache knows what was asked", async () => {
    const { post, sent } = setUp(() => answer([floats]), {
      stages: (defaults) =>
        defaults.map((stage) => {
          if (stage.name === "guardrail") return guardrail({ rules: [pii({ action: "block" })] });
          return stage.name === "cache" ? cache({ ttlMs: 60_000 }) : stage;
        }),
    });
    const asked = { model: "openai/text-embedding-3-small", input: "a" };
    const blocked = await post({ ...asked, input: ["a", "write to ada@example.com"] });
    expect(await blocked.json()).toMatchObject({ error: { code: "content_filter" } });
    const first = await post(asked);
    const again = await post(asked);
    expect(again.headers.get("x-llm-gateway-cache")).toBe("hit");
    expect(await again.json()).toEqual(await first.json());
    expect((await post({ ...asked, dimensions: 3 })).headers.get("x-llm-gateway-cache")).toBe("miss");
    expect(sent()).toHaveLength(2);
  });
});
