import { allowAnyone, anthropic, createGateway, gemini, openai, retry } from "@llm-gateway/core";
import { createFakeClock, createFakeTransport } from "@llm-gateway/core/testing";
import type { Front } from "../recordings/expected.ts";
import type { RecordedProvider } from "../recordings/recording.ts";

/** What a client saw of an answer. */
export interface Seen {
  readonly status: number;
  readonly text: string;
  /** Whether the connection was broken, instead of the answer being ended. */
  readonly isBroken: boolean;
}

/** Asks for a stream of which the provider sends these chunks, and then ends its answer or breaks. */
export type Ask = (
  front: Front,
  provider: RecordedProvider,
  chunks: readonly Uint8Array[],
  breaksWith?: Error,
) => Promise<Seen>;

const asked = { messages: [{ role: "user", content: "Hello" }], stream: true };
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const never = Number.MAX_SAFE_INTEGER;

/** A client of a gateway whose providers exist in memory only, at a time that stands still. */
export const createClient = (): Ask => {
  let body: readonly Uint8Array[] = [];
  let broken: { readonly breaksWith?: Error } = {};
  const gateway = createGateway({
    providers: [openai({ apiKey: "sk-1" }), anthropic({ apiKey: "sk-2" }), gemini({ apiKey: "sk-3" })],
    stages: (defaults) => defaults.map((stage) => (stage.name === "retry" ? retry({ attempts: 1 }) : stage)),
    authenticate: allowAnyone(),
    transport: createFakeTransport(() => ({ body, headers: { "content-type": "text/event-stream" }, ...broken })),
    clock: createFakeClock(),
    // Thousands of failures in a row are what is wanted.
    health: { breaker: { minimumOutcomes: never, connectionFailures: never } },
    logger: silent,
  });
  return async (front, provider, chunks, breaksWith) => {
    body = chunks;
    broken = breaksWith === undefined ? {} : { breaksWith };
    const [path, more] =
      front === "chat"
        ? ["/v1/chat/completions", { stream_options: { include_usage: true } }]
        : ["/v1/messages", { max_tokens: 9 }];
    const response = await gateway.fetch(
      new Request(`http://gateway.test${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...asked, ...more, model: `${provider}/model` }),
      }),
    );
    let text = "";
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    } catch {
      return { status: response.status, text, isBroken: true };
    }
    return { status: response.status, text, isBroken: false };
  };
};
