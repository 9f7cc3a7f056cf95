import { onTestFinished } from "vitest";
import {
  allowAnyone,
  anthropic,
  bedrock,
  cohere,
  createGateway,
  gemini,
  memoryLedger,
  ollama,
  openai,
  openaiCompatible,
  provider,
  retry,
  type Gateway,
  type GatewayOptions,
  type Provider,
  type TransportRequest,
} from "../../src/index.ts";
import { silent } from "../../src/testing/adapter/start-host.ts";
import { createFakeClock, createFakeTransport, type FakeAnswer, type FakeTransport } from "../../src/testing/index.ts";
import { readText } from "../read-text.ts";

/** Rows of the provider table that lines of the checklist speak of. */
const rows = [
  "mistral",
  "groq",
  "deepseek",
  "xai",
  "openrouter",
  "together",
  "fireworks",
  "cerebras",
  "perplexity",
  "moonshot",
  "zai",
  "alibaba",
  "minimax",
  "huggingface",
  "vllm",
];

const providers = (): readonly Provider[] => [
  openai({ apiKey: "sk-test" }),
  openai({ id: "responses", api: "responses", apiKey: "sk-test" }),
  anthropic({ apiKey: "sk-test" }),
  gemini({ apiKey: "sk-test" }),
  cohere({ apiKey: "sk-test" }),
  ollama({ baseURL: "http://127.0.0.1:11434" }),
  bedrock({ region: "us-east-1", credentials: () => ({ accessKeyId: "AKIATEST", secretAccessKey: "test" }) }),
  openaiCompatible({ id: "house", baseURL: "http://127.0.0.1:8000/v1" }),
  ...rows.map((id) => provider(id, { apiKey: "sk-test" })),
];

export type Respond = FakeAnswer | ((request: TransportRequest, index: number) => FakeAnswer);

/** A JSON tree as it was received; tests look into it without types. */
// eslint-disable-next-line typescript/no-explicit-any -- what is read out of it is compared, never trusted
export type Tree = any;

interface Asked {
  readonly status: number;
  readonly headers: Headers;
  /** The whole answer's body, or of a stream all that could be read. */
  readonly text: string;
  /** The connection was broken before a proper end. */
  readonly broke: boolean;
  readonly body: Tree;
  /** The data of a streamed answer's frames, parsed, without the end mark. */
  readonly chunks: readonly Tree[];
  /** Parameters that were left out. */
  readonly dropped: readonly string[];
}

export interface World {
  readonly gateway: Gateway;
  readonly transport: FakeTransport;
  readonly ledger: ReturnType<typeof memoryLedger>;
  readonly ask: (path: string, body: object, headers?: Readonly<Record<string, string>>) => Promise<Asked>;
  readonly chat: (body: object) => Promise<Asked>;
  readonly messages: (body: object) => Promise<Asked>;
  readonly responses: (body: object) => Promise<Asked>;
  readonly generate: (model: string, body: object, stream?: boolean) => Promise<Asked>;
  /** The body of a provider call, and where it went. */
  readonly sent: (index?: number) => Tree;
  readonly url: (index?: number) => string;
}

/** A gateway in front of every kind of provider, each of which gives this answer. */
export const createWorld = (respond: Respond = { body: {} }, options: Partial<GatewayOptions> = {}): World => {
  const transport = createFakeTransport(typeof respond === "function" ? respond : () => respond);
  const clock = createFakeClock();
  const ledger = memoryLedger();
  const gateway = createGateway({
    providers: providers(),
    authenticate: allowAnyone(),
    transport,
    clock,
    random: createRandom(),
    logger: silent,
    stores: { ledger },
    stages: (defaults) =>
      defaults.map((stage) => (stage.name === "retry" ? retry({ baseDelayMs: 0, overloadBaseDelayMs: 0 }) : stage)),
    ...options,
  });
  // Nobody has to wait for a clock that stands still.
  const turning = setInterval(() => void clock.advance(0), 1);
  onTestFinished(() => clearInterval(turning));

  const ask: World["ask"] = async (path, body, headers = {}) => {
    const response = await gateway.fetch(
      new Request(`http://gateway.test${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    );
    const { text, broke } = await readText(response);
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
    const dropped = response.headers.get("x-llm-gateway-dropped");
    return {
      status: response.status,
      headers: response.headers,
      text,
      broke,
      body: isStream ? undefined : JSON.parse(text),
      chunks: isStream ? readChunks(text) : [],
      dropped: dropped === null ? [] : dropped.split(", "),
    };
  };
  const hello = { messages: [{ role: "user", content: "Hello" }] };
  return {
    gateway,
    transport,
    ledger,
    ask,
    chat: (body) => ask("/v1/chat/completions", { ...hello, ...body }),
    messages: (body) => ask("/v1/messages", { max_tokens: 100, ...hello, ...body }),
    responses: (body) => ask("/v1/responses", { input: "Hello", ...body }),
    generate: (model, body, stream = false) =>
      ask(`/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`, {
        contents: [{ role: "user", parts: [{ text: "Hello" }] }],
        ...body,
      }),
    sent: (index = 0) => JSON.parse(Buffer.from(transport.requests[index]?.body ?? "null").toString()),
    url: (index = 0) => transport.requests[index]?.url ?? "",
  };
};

/** Chance that is the same every time. */
const createRandom = (): (() => number) => {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
};

const readChunks = (text: string): readonly Tree[] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).trim())
    .filter((data) => data !== "[DONE]")
    .map((data) => JSON.parse(data));
