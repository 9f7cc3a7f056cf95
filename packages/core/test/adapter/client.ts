import { request as httpRequest, type Agent, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** An answer as a client meets it, byte by byte. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** What the next network read brings; `undefined` at the proper end. Rejects where the connection breaks. */
  readonly read: () => Promise<string | undefined>;
  /** Everything that is still to come. Rejects where the connection breaks. */
  readonly text: () => Promise<string>;
  readonly message: IncomingMessage;
}

export interface AskOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
}

export interface Asked {
  /** Rejects where the connection breaks before the headers. */
  readonly answer: Promise<Answer>;
  /** Hangs up. */
  readonly leave: () => void;
}

/** Starts a request; what an object or string is as JSON, is the body. */
export const startAsking = (origin: string, body?: object | string, options: AskOptions = {}): Asked => {
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
  onTestFinished(() => void request.destroy());
  return { answer, leave: () => void request.destroy() };
};

/** Asks and brings the answer as soon as its headers are there. */
export const ask = (origin: string, body?: object | string, options?: AskOptions): Promise<Answer> =>
  startAsking(origin, body, options).answer;

const toAnswer = (message: IncomingMessage): Answer => {
  const iterator: AsyncIterator<unknown> = message[Symbol.asyncIterator]();
  const read = async (): Promise<string | undefined> => {
    const result = await iterator.next();
    return result.done === true ? undefined : String(result.value);
  };
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    message,
    read,
    text: async () => {
      let text = "";
      for (let chunk = await read(); chunk !== undefined; chunk = await read()) text += chunk;
      return text;
    },
  };
};

/** A bare connection, for what no HTTP client would send. */
export const openSocket = async (origin: string): Promise<Socket & { readonly received: () => string }> => {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  await new Promise<void>((resolve) => void socket.once("connect", resolve));
  let received = "";
  socket.setEncoding("utf8").on("data", (data: string) => (received += data));
  // How a connection ends is what the tests look at; they must not end with it.
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  return Object.assign(socket, { received: () => received });
};
