import { GatewayError } from "../errors.ts";
import type { Body, BodyLimits, Incoming, Outgoing } from "./exchange.ts";

/** Serves one request of a fetch-style host. Never rejects: a client that left before its answer gets one nobody sees. */
export const handleFetch = (
  request: Request,
  handle: (incoming: Incoming, outgoing: Outgoing) => Promise<void>,
): Promise<Response> => {
  const outgoing = new FetchOutgoing(request);
  if (!request.signal.aborted) void handle(new FetchIncoming(request), outgoing);
  return outgoing.response;
};

/** A `fetch` that brings what `handle` answers. It rejects as any `fetch` does: where its signal was aborted before. */
export const toFetch =
  (handle: (incoming: Incoming, outgoing: Outgoing) => Promise<void>): typeof globalThis.fetch =>
  async (input, init) => {
    const request = new Request(input, init);
    const response = await handleFetch(request, handle);
    request.signal.throwIfAborted();
    return response;
  };

class FetchIncoming implements Incoming {
  readonly raw: Request;
  readonly method: string;
  readonly path: string;
  // A fetch-style host does not say who its peer is, so local mode can not let anybody in through this door.
  readonly remoteAddress: undefined;
  readonly #url: URL;

  constructor(request: Request) {
    this.raw = request;
    this.method = request.method;
    this.#url = new URL(request.url);
    this.path = this.#url.pathname;
  }

  get scheme(): "http" | "https" {
    return this.#url.protocol === "https:" ? "https" : "http";
  }

  readonly header = (name: string): string | undefined => this.raw.headers.get(name) ?? undefined;
  readonly query = (name: string): string | undefined => this.#url.searchParams.get(name) ?? undefined;

  async body({ maxBytes, timeoutMs, clock }: BodyLimits): Promise<Body> {
    if (this.raw.bodyUsed || this.raw.body?.locked === true) {
      throw new GatewayError(
        "internal_error",
        "The server has read the request body: hand the gateway a clone of the request.",
      );
    }
    const reader = this.raw.body?.getReader();
    if (reader === undefined) return { type: "bytes", bytes: new Uint8Array() };
    let late = false;
    const timer = clock.timer(timeoutMs, () => {
      late = true;
      void reader.cancel().catch(() => undefined);
    });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    try {
      for (let result = await reader.read(); !result.done; result = await reader.read()) {
        bytes += result.value.byteLength;
        if (bytes > maxBytes) {
          void reader.cancel().catch(() => undefined);
          throw new GatewayError(
            "request_too_large",
            `The request body is larger than the ${maxBytes} bytes this gateway takes.`,
          );
        }
        chunks.push(result.value);
      }
    } catch (cause) {
      if (GatewayError.is(cause)) throw cause;
      throw new GatewayError("client_closed", "The client closed the connection.", { cause });
    } finally {
      timer.cancel();
    }
    if (late) throw new GatewayError("request_timeout", `The request body did not arrive within ${timeoutMs} ms.`);
    return { type: "bytes", bytes: Buffer.concat(chunks) };
  }
}

const encoder = new TextEncoder();
const toBytes = (chunk: string | Uint8Array): Uint8Array => (typeof chunk === "string" ? encoder.encode(chunk) : chunk);

/** Statuses whose responses may have no body at all. */
const bodyless: ReadonlySet<number> = new Set([204, 205, 304]);

class FetchOutgoing implements Outgoing {
  // A request follows its caller's signal only as long as somebody holds it.
  readonly #request: Request;
  readonly #promise = Promise.withResolvers<Response>();
  readonly response: Promise<Response> = this.#promise.promise;
  #status = 200;
  #headers: Readonly<Record<string, string>> = {};
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #started = false;
  #over = false;
  #broken = false;
  #left = false;
  #closed: (() => void) | undefined;
  #wake: (() => void) | undefined;

  constructor(request: Request) {
    this.#request = request;
    if (request.signal.aborted) this.#leave();
    else request.signal.addEventListener("abort", () => this.#leave(), { once: true });
  }

  /** The client is gone: nothing more is sent, and whoever still reads is told why. */
  #leave(): void {
    if (this.#over) return;
    this.#over = true;
    this.#left = true;
    this.#controller?.error(this.#request.signal.reason);
    this.#promise.resolve(new Response(null, { status: 499 }));
    this.#wake?.();
    this.#closed?.();
  }

  start(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.#started || this.#over) return;
    this.#started = true;
    this.#status = status;
    this.#headers = headers;
    // A whole answer becomes its response when its body is there; a stream does at once.
    if (headers["content-length"] === undefined) this.#promise.resolve(new Response(this.#open(), { status, headers }));
  }

  #open(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => {
        // What was sent has been read. Servers look a timer ahead before they pass it on: then the break can no longer
        // swallow it, nor the status. Their timer is set after this one, but before the one that follows it.
        if (this.#broken) setTimeout(() => setTimeout(() => setImmediate(() => this.#break()), 1), 1);
        this.#wake?.();
      },
      cancel: () => this.#leave(),
    });
  }

  write(chunk: string | Uint8Array): boolean {
    if (this.#over) return true;
    this.#controller?.enqueue(toBytes(chunk));
    return (this.#controller?.desiredSize ?? 1) > 0;
  }

  drained(): Promise<void> {
    if (this.#over || (this.#controller?.desiredSize ?? 1) > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  end(chunk?: string | Uint8Array): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#controller === undefined) {
      // A Buffer's memory is never shared, which is all that the type of a response body asks for.
      const body =
        bodyless.has(this.#status) || chunk === undefined ? null : (chunk as string | Uint8Array<ArrayBuffer>);
      this.#promise.resolve(new Response(body, { status: this.#status, headers: this.#headers }));
      return;
    }
    if (chunk !== undefined && chunk.length > 0) {
      this.#controller.enqueue(toBytes(chunk));
    }
    this.#controller.close();
  }

  breakOff(chunk: string | Uint8Array): void {
    if (this.#over) return;
    this.#over = true;
    this.#broken = true;
    // A client that was waited for in vain would never come to the end of what is still to be read.
    if (this.#wake !== undefined) this.#break();
    else this.#controller?.enqueue(toBytes(chunk));
  }

  #break(): void {
    this.#controller?.error(new TypeError("The answer broke off."));
  }

  onClose(callback: () => void): void {
    this.#closed = callback;
    if (this.#left) callback();
  }
}
