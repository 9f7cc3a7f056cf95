import { afterAll, describe, expect, test } from "vitest";
import {
  allowAnyone,
  anthropic,
  azureOpenai,
  bedrock,
  cohere,
  createGateway,
  gemini,
  openai,
  provider,
  retry,
  vertex,
  type Provider,
} from "../../src/index.ts";
import { createFakeTransport } from "../../src/testing/index.ts";
import { allRecordings, present, type Recording } from "../recordings/fixtures.ts";

// Recorded traffic says where each provider was asked.

interface Recorded {
  readonly dir: string;
  readonly provider: string;
  readonly dialect: string;
  readonly model: string;
  readonly endpoint: URL;
  readonly isStream: boolean;
}

const toRecorded = ({
  endpoint: asked,
  dir,
  provider: name,
  dialect,
  model,
  isStream,
}: Recording): readonly Recorded[] => {
  const [, url] = (asked ?? "").split("POST ");
  const endpoint = url === undefined ? null : URL.parse(url.replace("<GOOGLE_CLOUD_LOCATION>", "global"));
  if (endpoint === null || !(dialect in fronts)) return [];
  const inPath = /\/models?\/([^/:]+(?::\d)?)[:/]/.exec(endpoint.pathname)?.[1];
  return [{ dir, provider: name, dialect, model: inPath ?? model, endpoint, isStream }];
};

/** How a client asks in a dialect. Where none speaks it, another is as good: where the provider is asked is the same. */
const fronts: Readonly<Record<string, (model: string, stream: boolean) => readonly [path: string, body: object]>> = {
  "openai-chat": (model, stream) => ["/v1/chat/completions", { model, stream, messages: greeting }],
  "openai-responses": (model, stream) => ["/v1/responses", { model, stream, input: "Hello" }],
  "anthropic-messages": (model, stream) => ["/v1/messages", { model, stream, max_tokens: 9, messages: greeting }],
  gemini: (model, stream) => [
    `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    { contents: [{ role: "user", parts: [{ text: "Hello" }] }] },
  ],
  "cohere-v2": (model, stream) => ["/v1/chat/completions", { model, stream, messages: greeting }],
  "bedrock-converse": (model, stream) => ["/v1/chat/completions", { model, stream, messages: greeting }],
};
const greeting = [{ role: "user", content: "Hello" }];

const apiKey = "k";
const accessToken = "t";

/** Azure has several addresses; each recording says which one was asked. */
const azureFor = ({ dialect, endpoint }: Recorded): Provider => {
  const { origin, pathname, searchParams } = endpoint;
  const address = { resource: "RESOURCE" };
  if (dialect === "anthropic-messages") return provider("azure-anthropic", { apiKey, address });
  if (pathname.startsWith("/models/")) return provider("azure-inference", { apiKey, address });
  return azureOpenai({
    apiKey,
    baseURL: origin,
    apiVersion: pathname.startsWith("/openai/v1/") ? "v1" : (searchParams.get("api-version") ?? "2025-04-01-preview"),
    api: dialect === "openai-responses" ? "responses" : "chat",
  });
};

const regionOf = ({ endpoint }: Recorded): string => /(us|eu)-[a-z]+-\d/.exec(endpoint.hostname)?.[0] ?? "us-east-1";

const makers: Readonly<Record<string, (recording: Recorded) => Provider>> = {
  openai: ({ dialect }) => openai({ apiKey, api: dialect === "openai-responses" ? "responses" : "chat" }),
  anthropic: () => anthropic({ apiKey }),
  gemini: () => gemini({ apiKey }),
  cohere: () => cohere({ apiKey }),
  azure: azureFor,
  bedrock: (recording) => bedrock({ apiKey, region: regionOf(recording) }),
  vertex: (recording) => {
    const location = /\/locations\/([^/]+)\//.exec(recording.endpoint.pathname)?.[1] ?? "global";
    return vertex({ accessToken, project: "project", location });
  },
  "bedrock-mantle": (recording) => provider("bedrock-mantle", { apiKey, address: { region: regionOf(recording) } }),
  cloudflare: () => provider("cloudflare", { apiKey, address: { account: "ACCOUNT" } }),
  databricks: () => provider("databricks", { apiKey, address: { host: "WORKSPACE.azuredatabricks.net" } }),
  snowflake: () => provider("snowflake", { apiKey, address: { account: "ACCOUNT" } }),
};

const makerOf = (recording: Recorded): Provider => {
  const make = makers[recording.provider];
  if (make !== undefined) return make(recording);
  const api = recording.dialect === "openai-responses" ? { api: "responses" as const } : {};
  return provider(recording.provider, { apiKey, ...api });
};

/** Recorded at other addresses than the provider's own, and why. */
const elsewhere: readonly (readonly [RegExp, string])[] = [
  [/^https:\/\/router\.huggingface\.co\/together\//, "The recorder chose a provider by the address, not by the model."],
  [/^https:\/\/api\.together\.ai\//, "Another name of the same host."],
  [/^https:\/\/ollama\.com\/v1\//, "Ollama's own dialect is spoken instead."],
];

/** As they are compared: without placeholders, ports, betas and versions of one and the same method. */
const plain = (url: URL): string =>
  decodeURIComponent(url.origin + url.pathname + url.search)
    .toLowerCase()
    .replace(/\?(beta=true|api-version=.*|alt=sse)$/, "")
    .replace(/deployments\/[^/]+/, "deployments/deployment")
    .replace(".region.", ".us-east-1.")
    .replace(/(aiplatform\.googleapis\.com)\/v1beta1\//, "$1/v1/");

describe.skipIf(!present)("where a provider is asked (skipped where the recordings are absent)", () => {
  const recordings = allRecordings.flatMap(toRecorded);
  const own = recordings.filter(({ endpoint }) => !elsewhere.some(([pattern]) => pattern.test(endpoint.href)));
  const transport = createFakeTransport(() => ({ status: 404, body: {} }));
  const gateway = createGateway({
    providers: own.map((recording, place) => ({ ...makerOf(recording), id: `p${place}` })),
    transport,
    authenticate: allowAnyone(),
    stages: (defaults) => defaults.map((stage) => (stage.name === "retry" ? retry({ attempts: 1 }) : stage)),
  });
  const door = gateway.fetchAs({ id: "reader" });
  afterAll(() => gateway.close());

  test("is recorded of more than twenty providers", () => {
    expect(new Set(own.map(({ provider: name }) => name)).size).toBeGreaterThan(20);
    expect(recordings.length - own.length).toBeLessThan(10);
  });

  test("is where it was recorded", async () => {
    const asked: (readonly [dir: string, url: string])[] = [];
    for (const [place, { dir, dialect, model, isStream }] of own.entries()) {
      const [path, body] = fronts[dialect]?.(`p${place}/${model}`, isStream) ?? ["/", {}];
      const headers = { "content-type": "application/json" };
      const response = await door(`http://gateway.test${path}`, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
      });
      await response.text();
      asked.push([dir, plain(new URL(transport.requests.at(-1)?.url ?? "http://nobody"))]);
    }
    expect(asked).toEqual(own.map(({ dir, endpoint }) => [dir, plain(endpoint)]));
  });
});
