import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { openaiCompatible, type Provider } from "../../index.ts";
import { chatAnswer, chatStream } from "../wire.ts";
import { listen } from "./listen.ts";
import type { Scope } from "./scope.ts";
import { patienceMs, within } from "./within.ts";

/** One request that reached the provider, and what the provider does with it. */
export interface UpstreamCall {
  readonly body: { readonly model: string; readonly stream?: boolean };
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Resolves when the connection closes. */
  readonly closed: Promise<void>;
  /** Answers with JSON. */
  readonly answer: (body: object, status?: number) => void;
  /** Sends events, each as a write of its own; the first call sends the headers as well. */
  readonly send: (...frames: readonly string[]) => void;
}

export interface Upstream {
  readonly url: string;
  readonly calls: readonly UpstreamCall[];
  /** The next call that nobody has taken yet. */
  readonly next: () => Promise<UpstreamCall>;
  /** The provider as the gateway's options name it: models are called `house/…`. */
  readonly provider: Provider;
}

/** Answers any request whole, with a greeting. */
export const greet = (call: UpstreamCall): void => call.answer(chatAnswer("Hello"));

/** Greets as it was asked to, whole or streamed. */
export const greetEither = (call: UpstreamCall): void => {
  if (call.body.stream !== true) return greet(call);
  call.send(...chatStream("Hello"));
  call.response.end();
};

/** Answers nothing: the test itself does, through the call that `next` gives it. */
const hold = (): void => undefined;

/** A provider on loopback that speaks OpenAI's chat dialect as the test says. It stops with the test. */
export const startUpstream = async (scope: Scope, respond: (call: UpstreamCall) => void = hold): Promise<Upstream> => {
  const calls: UpstreamCall[] = [];
  const arrived: UpstreamCall[] = [];
  const waiting: ((call: UpstreamCall) => void)[] = [];
  const server = createServer((request, response) => {
    void receive(request, response);
  });
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = toCall(request, response, await readJson(request));
    calls.push(call);
    const taker = waiting.shift();
    if (taker === undefined) arrived.push(call);
    else taker(call);
    respond(call);
  };
  const url = await listen(scope, server);
  scope.defer(() => server.closeAllConnections());
  return {
    url,
    calls,
    next: () => {
      const call = arrived.shift();
      if (call !== undefined) return Promise.resolve(call);
      return within(patienceMs, "a call of the provider", new Promise((resolve) => waiting.push(resolve)));
    },
    provider: openaiCompatible({ id: "house", baseURL: `${url}/v1`, apiKey: "sk-house" }),
  };
};

const toCall = (request: IncomingMessage, response: ServerResponse, body: UpstreamCall["body"]): UpstreamCall => ({
  body,
  request,
  response,
  closed: closeOf(request.socket),
  answer: (answer, status = 200) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
  },
  send: (...frames) => {
    if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
    for (const frame of frames) response.write(frame);
  },
});

const closes = new WeakMap<Socket, Promise<void>>();

/** One promise for all requests of a connection, so that a connection that is used again gathers no listeners. */
const closeOf = (socket: Socket): Promise<void> => {
  const known = closes.get(socket);
  if (known !== undefined) return known;
  const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  closes.set(socket, closed);
  return closed;
};

const readJson = async (request: IncomingMessage): Promise<UpstreamCall["body"]> => {
  const chunks: Uint8Array[] = [];
  // A request's chunks are bytes as long as nobody sets an encoding.
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  // Only the gateway asks this provider, and what it sends is what the tests are about.
  return JSON.parse(Buffer.concat(chunks).toString()) as UpstreamCall["body"];
};
