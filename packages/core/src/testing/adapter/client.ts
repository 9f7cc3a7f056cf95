import { request as httpRequest, type Agent, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Scope } from "./scope.ts";
import { patienceMs, within } from "./within.ts";

/** An answer as a client meets it, byte by byte. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** What the next network read brings, unpacked; `undefined` at the proper end. Rejects where the connection breaks. */
  readonly read: () => Promise<string | undefined>;
  /** Everything that is still to come. Rejects where the connection breaks. */
  readonly text: () => Promise<string>;
}

export interface AskOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
}

interface Asked {
  /** Rejects where the connection breaks before the headers. */
  readonly answer: Promise<Answer>;
  /** Hangs up. */
  readonly leave: () => void;
}

/** A connection for what no HTTP client would send, with all that was received on it so far. */
type BareConnection = Socket & { readonly received: () => string };

/** A client of one host. It hangs up with the test. */
export interface Client {
  /** Starts a request; what an object or string is as JSON, is the body. */
  readonly startAsking: (body?: object | string, options?: AskOptions) => Asked;
  /** Asks and brings the answer as soon as its headers are there. */
  readonly ask: (body?: object | string, options?: AskOptions) => Promise<Answer>;
  readonly openSocket: () => Promise<BareConnection>;
}

/** A chat request as its bytes; an unfinished one where the length is more than the body's. */
export const requestBytes = (body: string, length: number = Buffer.byteLength(body)): string =>
  "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n" +
  `content-length: ${length}\r\n\r\n${body}`;

export const createClient = ({ defer }: Scope, origin: string): Client => {
  const startAsking: Client["startAsking"] = (body, options = {}) => {
    const { method = "POST", path = "/v1/chat/completions", headers, agent = false } = options;
    // Given apart from the origin, the path is sent as it is.
    const request = httpRequest(origin, {
      method,
      path,
      agent,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    });
    const answer = new Promise<Answer>((resolve, reject) => {
      request.on("response", (message) => resolve(toAnswer(message))).on("error", reject);
    });
    request.end(typeof body === "object" ? JSON.stringify(body) : body);
    const leave = (): void => void request.destroy();
    defer(leave);
    return { answer, leave };
  };

  return {
    startAsking,
    ask: (body, options) => within(patienceMs, "an answer", startAsking(body, options).answer),
    openSocket: async () => {
      const { hostname, port } = new URL(origin);
      const socket = connect(Number(port), hostname);
      await new Promise<void>((resolve) => void socket.once("connect", resolve));
      let received = "";
      socket.setEncoding("utf8").on("data", (data: string) => (received += data));
      // How a connection ends is what the tests look at; they must not end with it.
      socket.on("error", () => undefined);
      defer(() => void socket.destroy());
      return Object.assign(socket, { received: () => received });
    },
  };
};

const toAnswer = (message: IncomingMessage): Answer => {
  const iterator: AsyncIterator<unknown> = unpack(message)[Symbol.asyncIterator]();
  const read = async (): Promise<string | undefined> => {
    const result = await within(patienceMs, "more of the answer", iterator.next());
    return result.done === true ? undefined : String(result.value);
  };
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    read,
    text: async () => {
      let text = "";
      for (let chunk = await read(); chunk !== undefined; chunk = await read()) text += chunk;
      return text;
    },
  };
};

const unpack = (message: IncomingMessage): Readable =>
  // How it ended is told to whoever reads.
  message.headers["content-encoding"] === "gzip" ? pipeline(message, createGunzip(), () => undefined) : message;
