import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
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

// Recorded traffic, kept beside the repository: it says where each provider was asked.
const root = fileURLToPath(new URL("../../../../../shared/fixtures/", import.meta.url));
const present = existsSync(`${root}index.json`);

interface Recording {
  readonly dir: string;
  readonly provider: string;
  readonly dialect: string;
  readonly model: string;
  readonly endpoint: URL;
  readonly isStream: boolean;
}

type Json = Readonly<Record<string, unknown>>;
// The folders' own files, in the form that their README states.
const readJson = (path: string): Json => JSON.parse(readFileSync(path, "utf8")) as Json;

const toRecording = ({ dir, stream }: Json): readonly Recording[] => {
  const meta = readJson(`${root}${String(dir)}/meta.json`);
  const [, url] = String(meta["endpoint"]).split("POST ");
  const endpoint = url === undefined ? null : URL.parse(url.replace("<GOOGLE_CLOUD_LOCATION>", "global"));
  const { provider: name, dialect } = meta;
  if (endpoint === null || typeof name !== "string" || typeof dialect !== "string" || !(dialect in fronts)) return [];
  const inPath = /\/models?\/([^/:]+(?::\d)?)[:/]/.exec(endpoint.pathname)?.[1];
  const model = inPath ?? (typeof meta["model"] === "string" ? meta["model"] : "m");
  return [{ dir: String(dir), provider: name, dialect, model, endpoint, isStream: stream === true }];
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
const azureFor = ({ dialect, endpoint }: Recording): Provider => {
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

const regionOf = ({ endpoint }: Recording): string => /(us|eu)-[a-z]+-\d/.exec(endpoint.hostname)?.[0] ?? "us-east-1";

const makers: Readonly<Record<string, (recording: Recording) => Provider>> = {
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

const makerOf = (recording: Recording): Provider => {
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
  const index = present ? (JSON.parse(readFileSync(`${root}index.json`, "utf8")) as readonly Json[]) : [];
  const recordings = index.filter((entry) => entry["source"] === undefined).flatMap(toRecording);
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
