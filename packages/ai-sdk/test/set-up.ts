import {
  allowAnyone,
  anthropic,
  createGateway,
  defineStage,
  gemini,
  memoryLedger,
  openai,
  replyOf,
  type ChatEvent,
  type ChatRequest,
  type Gateway,
  type GatewayOptions,
  type MemoryLedger,
} from "@llm-gateway/core";
import { createFakeClock, createFakeTransport, type FakeAnswer, type FakeTransport } from "@llm-gateway/core/testing";

type Json = Readonly<Record<string, unknown>>;

export interface SetUp {
  readonly gateway: Gateway;
  readonly transport: FakeTransport;
  readonly ledger: MemoryLedger;
  /** The bodies the providers were sent. */
  readonly sent: () => readonly Json[];
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A gateway with providers that exist only in the test; the answers are given one after the other. */
export const setUp = (
  answers: readonly (FakeAnswer | (() => FakeAnswer | Promise<FakeAnswer>))[],
  options: GatewayOptions = {},
): SetUp => {
  const transport = createFakeTransport((_request, index) => {
    const answer = answers[Math.min(index, answers.length - 1)];
    if (answer === undefined) throw new Error("The test gave no answer.");
    return typeof answer === "function" ? answer() : answer;
  });
  const ledger = memoryLedger();
  const gateway = createGateway({
    providers: [openai({ apiKey: "sk-1" }), anthropic({ apiKey: "sk-2" }), gemini({ apiKey: "sk-3" })],
    models: { fast: ["openai/gpt-5-mini"], thoughtful: ["anthropic/claude-sonnet-4-5"] },
    authenticate: allowAnyone(),
    transport,
    clock: createFakeClock(),
    random: () => 0,
    stores: { ledger },
    logger: silent,
    ...options,
  });
  const sent = (): readonly Json[] =>
    transport.requests.map(({ body }) => JSON.parse(Buffer.from(body ?? "").toString()) as Json);
  return { gateway, transport, ledger, sent };
};

/** A gateway whose every answer is these events, each of them a batch, and what it was asked. */
export const answering = (
  ...events: readonly ChatEvent[]
): { readonly gateway: Gateway; readonly requests: readonly ChatRequest[] } => {
  const requests: ChatRequest[] = [];
  const answer = defineStage("answer", ({ request }) => {
    requests.push(request);
    return Promise.resolve(
      replyOf(
        events.map((event) => [event]),
        { id: "house/m", provider: "house", model: "m" },
      ),
    );
  });
  return { gateway: setUp([], { stages: [answer] }).gateway, requests };
};

export const start: ChatEvent = { type: "reply-start", id: "reply-1", model: "m-2026", created: 1_700_000_000 };
export const text = (value: string): ChatEvent => ({ type: "text-delta", choice: 0, text: value });
export const end: ChatEvent = { type: "reply-end", choice: 0, finishReason: "stop", nativeFinishReason: "end_turn" };
