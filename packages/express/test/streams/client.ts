import { allowAnyone, anthropic, createGateway, gemini, openai, retry, type Outgoing } from "@llm-gateway/core";
import { createFakeClock, createFakeTransport } from "@llm-gateway/core/testing";
import type { Front, StreamProvider } from "./stream.ts";

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
  provider: StreamProvider,
  chunks: readonly Uint8Array[],
  breaksWith?: Error,
) => Promise<Seen>;

/** The doors of one gateway. */
export interface Client {
  readonly fetch: Ask;
  /** What `fetch` stands on, without the platform's requests and streams, which cost more than the gateway. */
  readonly handle: Ask;
}

const paths: Readonly<Record<Front, string>> = { chat: "/v1/chat/completions", messages: "/v1/messages" };

const bodyFor = (front: Front, provider: StreamProvider): string => {
  const asked = { model: `${provider}/model`, messages: [{ role: "user", content: "Hello" }], stream: true };
  return JSON.stringify(
    front === "chat" ? { ...asked, stream_options: { include_usage: true } } : { ...asked, max_tokens: 9 },
  );
};

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const never = Number.MAX_SAFE_INTEGER;

/** A client of a gateway whose providers exist in memory only, at a time that stands still. */
export const createClient = (): Client => {
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

  const provide = (chunks: readonly Uint8Array[], breaksWith: Error | undefined): void => {
    body = chunks;
    broken = breaksWith === undefined ? {} : { breaksWith };
  };

  return {
    fetch: async (front, provider, chunks, breaksWith) => {
      provide(chunks, breaksWith);
      const request = {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: bodyFor(front, provider),
      };
      const response = await gateway.fetch(new Request(`http://gateway.test${paths[front]}`, request));
      const read: Uint8Array[] = [];
      const reading = (async () => {
        for await (const chunk of response.body ?? []) read.push(chunk);
      })();
      const isBroken = await reading.then(
        () => false,
        () => true,
      );
      return { status: response.status, text: Buffer.concat(read).toString(), isBroken };
    },
    handle: async (front, provider, chunks, breaksWith) => {
      provide(chunks, breaksWith);
      const exchange = createExchange();
      const incoming = {
        raw: undefined,
        method: "POST",
        path: paths[front],
        header: (name: string) => (name === "content-type" ? "application/json" : undefined),
        query: () => undefined,
        scheme: "http" as const,
        remoteAddress: undefined,
        body: () => Promise.resolve({ type: "bytes" as const, bytes: Buffer.from(bodyFor(front, provider)) }),
      };
      await gateway.handle(incoming, exchange.outgoing);
      return exchange.seen();
    },
  };
};

const together = 16;

/**
 * Asks for each of these, so many at a time and each from a client of its own: what takes longest of a single answer is
 * the turns of the event loop.
 */
export const askForEach = async <Item, Result>(
  items: readonly Item[],
  ask: (client: Client, item: Item) => Promise<Result>,
): Promise<readonly Result[]> => {
  const clients = Array.from({ length: together }, createClient);
  const results: Result[] = [];
  for (let first = 0; first < items.length; first += together) {
    const some = items.slice(first, first + together);
    const asked = clients.slice(0, some.length).map((client, index) => ask(client, some[index] as Item));
    results.push(...(await Promise.all(asked)));
  }
  return results;
};

/** The client's end of an exchange, in memory. */
const createExchange = (): { readonly outgoing: Outgoing; readonly seen: () => Seen } => {
  const read: Uint8Array[] = [];
  let status = 0;
  let isBroken = false;
  const keep = (chunk: string | Uint8Array = ""): boolean => {
    // Copied at once, as a socket would: what is written may not change afterwards, but nobody has promised it.
    read.push(Buffer.from(chunk));
    return true;
  };
  return {
    outgoing: {
      start: (given) => {
        status = given;
      },
      write: keep,
      drained: () => Promise.resolve(),
      end: (chunk) => void keep(chunk),
      breakOff: (chunk) => {
        keep(chunk);
        isBroken = true;
      },
      onClose: () => {},
    },
    seen: () => ({ status, text: Buffer.concat(read).toString(), isBroken }),
  };
};
