import {
  allowAnyone,
  createGateway,
  retry,
  type Gateway,
  type GatewayOptions,
  type Provider,
} from "../../src/index.ts";
import { chatAnswer as chat, messagesAnswer as messages } from "../../src/testing/wire.ts";
import { createFakeClock, createFakeTransport, type FakeAnswer, type FakeTransport } from "../../src/testing/index.ts";

/** What was sent to a provider. */
export interface Sent {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Asked {
  /** The answer as the client got it. */
  readonly response: Response;
  readonly sent: readonly Sent[];
}

const paths = {
  chat: "/v1/chat/completions",
  messages: "/v1/messages",
  responses: "/v1/responses",
  count: "/v1/messages/count_tokens",
  embeddings: "/v1/embeddings",
} as const;

type Answer = FakeAnswer | ((url: string) => FakeAnswer);

const setUp = (
  provider: Provider,
  answer: Answer,
  options: Partial<GatewayOptions>,
): { readonly gateway: Gateway; readonly transport: FakeTransport } => {
  const transport = createFakeTransport(({ url }) => (typeof answer === "function" ? answer(url) : answer));
  const gateway = createGateway({
    providers: [provider],
    transport,
    clock: createFakeClock(),
    authenticate: allowAnyone(),
    exposeUpstreamErrors: true,
    // The clock stands still, so that nobody must wait before asking again.
    stages: (defaults) => defaults.map((stage) => (stage.name === "retry" ? retry({ attempts: 1 }) : stage)),
    ...options,
  });
  return { gateway, transport };
};

/** Asks a provider through the whole gateway, in one of the client's dialects. */
export const ask = async (
  provider: Provider,
  body: Readonly<Record<string, unknown>>,
  answer: Answer,
  front: keyof typeof paths = "chat",
  options: Partial<GatewayOptions> = {},
): Promise<Asked> => {
  const { gateway, transport } = setUp(provider, answer, options);
  const response = await gateway.fetchAs({ id: "ada" })(`http://gateway.test${paths[front]}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const sent = transport.requests.map(({ url, headers, body: bytes = "{}" }) => ({
    url,
    headers,
    body: JSON.parse(Buffer.from(bytes).toString()),
  }));
  return { response, sent };
};

export const chatAnswer: FakeAnswer = { body: chat("Hello") };
export const messagesAnswer: FakeAnswer = { body: messages("Hello") };

export const responsesAnswer: FakeAnswer = {
  body: {
    id: "resp_1",
    object: "response",
    created_at: 1,
    status: "completed",
    model: "m",
    output: [
      {
        type: "message",
        id: "msg_1",
        role: "assistant",
        status: "completed",
        content: [{ type: "output_text", text: "Hello", annotations: [] }],
      },
    ],
    usage: { input_tokens: 3, output_tokens: 1, total_tokens: 4 },
  },
};

export const geminiAnswer: FakeAnswer = {
  body: {
    candidates: [{ content: { role: "model", parts: [{ text: "Hello" }] }, finishReason: "STOP" }],
    usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1, totalTokenCount: 4 },
  },
};
