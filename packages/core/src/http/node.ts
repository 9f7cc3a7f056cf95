import type { IncomingMessage, ServerResponse } from "node:http";
import { GatewayError } from "../errors.ts";
import type { Body, BodyLimits, Door, Incoming, Outgoing } from "./exchange.ts";
import { readNodeBody } from "./node-body.ts";
import { pathOf } from "./request-path.ts";

export { hideBodies, showBody } from "./hide-bodies.ts";
export { ownPathOf } from "./request-path.ts";
export { routePaths } from "./routes.ts";

/** Where an adapter's request differs from a bare Node one. */
export interface NodeOptions {
  /** Path below the mount path, without the query. @default the path of `req.url` */
  readonly path?: string;
  /** What `authenticate` sees as `request.raw`. @default the Node request itself */
  readonly raw?: unknown;
  /** What a body parser left: bytes, text or a parsed value. @default `req.body` */
  readonly body?: unknown;
}

type NodeRequest = IncomingMessage & { readonly body?: unknown };
/** `flush` is what compression middleware adds: it holds back what is not flushed. */
type NodeResponse = ServerResponse & { readonly flush?: () => void };

/**
 * Serves one Node exchange, if its route and method are the gateway's.
 *
 * @returns `false`, at once, where they are not; then nothing was read or written. Never throws or rejects.
 */
export const handleNode = (
  gateway: Door,
  request: IncomingMessage,
  response: ServerResponse,
  options: NodeOptions = {},
): boolean => {
  const incoming = new NodeIncoming(request, options);
  if (!gateway.answers(incoming.method, incoming.path)) return false;
  void gateway.handle(incoming, new NodeOutgoing(response));
  return true;
};

/**
 * A listener for `http.createServer`. What is not the gateway's is answered 404.
 *
 * @example
 * createServer(toNodeHandler(createGateway())).listen(3000);
 */
export const toNodeHandler =
  (gateway: Door): ((request: IncomingMessage, response: ServerResponse) => void) =>
  (request, response) => {
    void gateway.handle(new NodeIncoming(request), new NodeOutgoing(response));
  };

/** A Node request, for hosts that answer in a way of their own. */
export class NodeIncoming implements Incoming {
  readonly raw: unknown;
  readonly method: string;
  readonly path: string;
  readonly #request: NodeRequest;
  readonly #body: unknown;

  constructor(request: NodeRequest, options: NodeOptions = {}) {
    const { path = pathOf(request.url ?? "/"), raw = request, body } = options;
    this.raw = raw;
    this.method = request.method ?? "GET";
    this.path = path;
    this.#request = request;
    this.#body = body;
  }

  get scheme(): "http" | "https" {
    return "encrypted" in this.#request.socket ? "https" : "http";
  }

  get remoteAddress(): string | undefined {
    return this.#request.socket.remoteAddress;
  }

  readonly header = (name: string): string | undefined => {
    const value = this.#request.headers[name];
    return Array.isArray(value) ? value[0] : value;
  };

  readonly query = (name: string): string | undefined => {
    const url = this.#request.url ?? "";
    const start = url.indexOf("?");
    return start === -1 ? undefined : (new URLSearchParams(url.slice(start + 1)).get(name) ?? undefined);
  };

  body(limits: BodyLimits): Promise<Body> {
    const body = this.#body ?? this.#request.body;
    if (body instanceof Uint8Array) return Promise.resolve({ type: "bytes", bytes: body, isDecoded: true });
    if (typeof body === "string") return Promise.resolve({ type: "bytes", bytes: Buffer.from(body), isDecoded: true });
    // A parser that was not in charge leaves an empty object behind and the stream unread.
    if (body !== undefined && body !== null && (this.#request.readableEnded || !isEmptyObject(body))) {
      return Promise.resolve({ type: "parsed", value: body });
    }
    if (this.#request.readableEnded || this.#request.readableDidRead) {
      return Promise.reject(
        new GatewayError(
          "internal_error",
          "The server has read the request body and left no `req.body` behind: mount the gateway before that middleware, or use a body parser that leaves one, like express.json() or @koa/bodyparser.",
        ),
      );
    }
    return readNodeBody(this.#request, limits);
  }
}

const isEmptyObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

const ignore = (): void => undefined;

/**
 * How long the last words of an answer that breaks are there to be read, in milliseconds. Many clients lose what they have
 * not yet looked at when the connection breaks, and with it the reason.
 */
const lastWordsMs = 100;

/** A Node response, for hosts that send some answers in a way of their own. */
export class NodeOutgoing implements Outgoing {
  readonly #response: NodeResponse;
  readonly #onStart: (() => void) | undefined;
  /** Called once, when the connection is gone before its answer; `undefined` after that, and after the answer. */
  #onClose: (() => void) | undefined;
  /** From our headers to our end. What the host sends or ends by itself is its own answer, and none of ours. */
  #open = false;
  #ended = false;
  #abandoned = false;
  /** The last words are said, and the client has a while to hear them. */
  #isBreaking = false;

  /** @param onStart Called right before our headers are sent, if they are. */
  constructor(response: NodeResponse, onStart?: () => void) {
    this.#response = response;
    this.#onStart = onStart;
    // A socket error after the client has gone must not reach the process.
    response.on("error", ignore);
  }

  start(status: number, headers: Readonly<Record<string, string>>): void {
    const response = this.#response;
    if (this.#abandoned || response.destroyed || response.headersSent) return;
    this.#open = true;
    this.#attempt(() => {
      this.#onStart?.();
      response.writeHead(status, headers);
    });
  }

  write(chunk: string | Uint8Array): boolean {
    if (!this.#isWritable()) return true;
    return this.#attempt(() => this.#send(chunk)) ?? true;
  }

  drained(): Promise<void> {
    const response = this.#response;
    if (!this.#isWritable() || !response.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        response.off("drain", done).off("close", done);
        resolve();
      };
      response.on("drain", done).on("close", done);
    });
  }

  end(chunk?: string | Uint8Array): void {
    if (!this.#isWritable()) return;
    this.#open = false;
    this.#ended = true;
    this.#attempt(() => (chunk === undefined || chunk.length === 0 ? this.#response.end() : this.#response.end(chunk)));
  }

  breakOff(chunk: string | Uint8Array): Promise<void> | undefined {
    if (!this.#isWritable()) return undefined;
    const response = this.#response;
    this.#open = false;
    const { socket, writableNeedDrain } = response;
    // A client that does not read would never let go of what is still to be sent.
    if (socket === null || writableNeedDrain) {
      response.destroy();
      return undefined;
    }
    this.#attempt(() => this.#send(chunk));
    this.#isBreaking = true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => socket.destroySoon(), lastWordsMs);
      response.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  onClose(callback: () => void): void {
    const response = this.#response;
    this.#onClose = callback;
    if (response.destroyed) this.#closed();
    // Cheaper than `once`, and what hangs on the callback is let go all the same.
    else response.on("close", () => this.#closed());
  }

  #closed(): void {
    const callback = this.#onClose;
    this.#onClose = undefined;
    // `close` also follows a finished answer; only where it was not ours, or not finished, nobody waits for ours.
    if (!this.#ended || !this.#response.writableFinished) callback?.();
  }

  /** Leaves the answer to the host. One that has begun is broken: however the host ends it, it must not look complete. */
  abandon(): void {
    this.#abandoned = true;
    if (this.#open || this.#isBreaking) this.#response.destroy();
  }

  #isWritable(): boolean {
    return this.#open && !this.#response.destroyed && !this.#response.writableEnded;
  }

  #send(chunk: string | Uint8Array): boolean {
    const room = this.#response.write(chunk);
    this.#response.flush?.();
    return room;
  }

  /** A host's middleware may have put its own methods on the response: where they throw, the answer is broken off. */
  #attempt<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.#response.destroy(error instanceof Error ? error : undefined);
      return undefined;
    }
  }
}
