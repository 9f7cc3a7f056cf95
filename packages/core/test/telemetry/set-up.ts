import {
  allowAnyone,
  anthropic,
  createGateway,
  openai,
  type Clock,
  type Gateway,
  type GatewayOptions,
  type Stage,
  type Transport,
} from "../../src/index.ts";
import { silent } from "../../src/testing/adapter/start-host.ts";
import {
  createFakeClock,
  createFakeTransport,
  type FakeAnswer,
  type FakeClock,
  type FakeTransport,
} from "../../src/testing/index.ts";
import type { TransportRequest } from "../../src/transport/transport.ts";

/** What a client got; in place of a text that broke off, why it did. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** What goes with a request. */
export interface Asking {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface SetUp {
  readonly gateway: Gateway;
  readonly clock: FakeClock;
  readonly transport: FakeTransport;
  /** Asks and reads to the end, however long that takes. */
  readonly ask: (body?: object, init?: Asking) => Promise<Answer>;
}

export type Respond = (request: TransportRequest, index: number) => FakeAnswer | Promise<FakeAnswer>;

/** A client's request, for the model `fast`: that is one of OpenAI's, and in its stead one of Anthropic's. */
export const chatRequest = (body: object = {}, init: Asking = {}): Request =>
  new Request("http://gateway.test/v1/chat/completions", {
    ...init,
    method: "POST",
    headers: { "content-type": "application/json", ...init.headers },
    body: JSON.stringify({ model: "fast", messages: [{ role: "user", content: "Hi" }], ...body }),
  });

/** Reads an answer to its end, which may be a bad one. */
export const read = async (response: Response): Promise<Answer> => ({
  status: response.status,
  headers: response.headers,
  text: await response.text().catch(String),
});

/** A gateway to two providers that exist only in the test, in a time of its own. */
export const setUp = (respond: Respond, options: GatewayOptions = {}, clock: FakeClock = createFakeClock()): SetUp => {
  const transport = createFakeTransport(respond);
  const gateway = createGateway({
    providers: [openai({ apiKey: "sk-openai" }), anthropic({ apiKey: "sk-anthropic" })],
    models: { fast: ["openai/gpt-5-mini", "anthropic/claude-haiku-4-5"] },
    authenticate: allowAnyone(),
    transport,
    clock,
    random: () => 0.5,
    logger: silent,
    ...options,
  });
  const ask: SetUp["ask"] = async (body, init) => {
    const answer = gateway.fetch(chatRequest(body, init)).then(read);
    await clock.advance(90_000);
    return answer;
  };
  return { gateway, clock, transport, ask };
};

/** Those whose address holds `word` are answered so, the others otherwise. */
export const byProvider =
  (word: string, answer: FakeAnswer, others: FakeAnswer): Respond =>
  ({ url }) =>
    url.includes(word) ? answer : others;

/** A provider that never answers. */
export const hang = (): Promise<never> => new Promise(() => undefined);

/** A provider that streams at its own pace: first its status, then each piece, after so many milliseconds. */
export const createPacedTransport = (
  clock: Clock,
  statusMs: number,
  pieces: readonly (readonly [ms: number, piece: string])[],
): Transport => ({
  send: async ({ signal }) => {
    await clock.sleep(statusMs, signal);
    const left = pieces.values();
    return {
      status: 200,
      headers: { "content-type": "text/event-stream" },
      body: {
        next: async () => {
          const { value } = left.next();
          if (value === undefined) return { done: true, value };
          const [ms, piece] = value;
          await clock.sleep(ms, signal);
          return { done: false, value: Buffer.from(piece) };
        },
        return: () => Promise.resolve({ done: true, value: undefined }),
      },
    };
  },
  close: () => Promise.resolve(),
});

/** The default stages, with another in the place of the one of its name. */
export const withStage =
  (stage: Stage): ((defaults: Stage[]) => Stage[]) =>
  (defaults) =>
    defaults.map((standing) => (standing.name === stage.name ? stage : standing));
