import type { Dispatcher } from "undici";
import { promised, type Pulled, type Source } from "../chat/pull.ts";
import { UpstreamError } from "../errors.ts";
import type { Cancellation } from "../pipeline/cancellation.ts";
import { createContentDecoder, decodeContent } from "./content-encoding.ts";
import { flattenHeaders, toDispatchOptions, type ResponseHeaders } from "./http-message.ts";
import { isConnectionLost, toNetworkError, type ExchangePhase } from "./network-error.ts";
import type { TransportRequest, TransportResponse } from "./transport.ts";

/** A connection, as far as an exchange must know it. */
export interface ExchangeConnection {
  /** Requests it has carried since it was opened. */
  requests: number;
}

/** What an exchange needs from the transport it belongs to, and where it reports. */
export interface ExchangeOptions {
  readonly maxResponseBytes: number;
  /** Has the request written to a connection: an idle or new one, or surely a new one. */
  readonly dispatch: (options: Dispatcher.DispatchOptions, exchange: Exchange, connection: "any" | "fresh") => void;
  readonly resolve: (response: TransportResponse) => void;
  readonly reject: (reason: unknown) => void;
  /** Nothing more will come. */
  readonly onOver: () => void;
}

// Enough to keep a connection busy while a consumer works, little enough for thousands of streams.
const highWaterBytes = 64 * 1024;

const gaveUp = new Error("The exchange was given up.");

/**
 * One request and its answer: undici's handler and the answer's body in one object, because there is one for each
 * provider call and closures for each of its seven callbacks would cost more than the callbacks do.
 */
export class Exchange implements Dispatcher.DispatchHandler, Source<Uint8Array> {
  /** Set by the client that takes the request, before it writes it. */
  connection: ExchangeConnection | undefined;

  readonly #options: ExchangeOptions;
  readonly #cancellation: Cancellation;
  readonly #dispatchOptions: Dispatcher.DispatchOptions;
  #phase: ExchangePhase | "over" = "connecting";
  #controller: Dispatcher.DispatchController | undefined;
  #isReused = false;
  #isHeard = false;
  #receivedBytes = 0;
  #chunks: Uint8Array[] = [];
  #queuedBytes = 0;
  #isPaused = false;
  #reader: PromiseWithResolvers<IteratorResult<Uint8Array>> | undefined;
  #isFlushing = false;
  /** Why there will be no more, where the answer did not come to its end. */
  #failure: { readonly reason: unknown } | undefined;

  /** @throws TypeError where the request's URL is not absolute. */
  constructor(request: TransportRequest, cancellation: Cancellation, options: ExchangeOptions) {
    this.#options = options;
    this.#cancellation = cancellation;
    this.#dispatchOptions = toDispatchOptions(request);
  }

  /** Sends the request. Called once. */
  start(): void {
    this.#cancellation.add(this.#onAbort);
    this.#options.dispatch(this.#dispatchOptions, this, "any");
  }

  readonly #onAbort = (reason: unknown): void => this.abort(reason);

  /** Closes the connection; what was not read yet is dropped. */
  abort(reason: unknown): void {
    if (this.#phase === "over") return;
    this.#drop();
    this.#fail(reason);
    // A request that waits for its turn holds its body as long as the others take.
    this.#dispatchOptions.body = null;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown here, it takes the request back before it is written and leaves the connection to others.
    if (this.#phase === "over") throw gaveUp;
    this.#phase = "awaiting-headers";
    this.#controller = controller;
    if (this.connection !== undefined) this.#isReused = this.connection.requests++ > 0;
  }

  onResponseStarted(): void {
    this.#isHeard = true;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: ResponseHeaders): void {
    if (status < 200 || this.#phase === "over") return;
    this.#phase = "reading-body";
    const flat = flattenHeaders(headers);
    const encoding = flat["content-encoding"];
    if (encoding === undefined || encoding === "identity") {
      this.#options.resolve({ status, headers: flat, body: this });
      return;
    }
    const decoder = createContentDecoder(encoding);
    if (decoder === undefined) {
      const message = "The provider's answer has a content-encoding that was not asked for.";
      this.#fail(new UpstreamError("upstream_invalid_response", message, { upstreamStatus: status }));
      return;
    }
    const { "content-encoding": _encoding, "content-length": _length, ...rest } = flat;
    const body = decodeContent(this, decoder, this.#options.maxResponseBytes);
    this.#options.resolve({ status, headers: rest, body });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#phase === "over") return;
    this.#receivedBytes += chunk.byteLength;
    if (this.#receivedBytes > this.#options.maxResponseBytes) {
      const message = `The provider sent more than ${this.#options.maxResponseBytes} bytes.`;
      this.#fail(new UpstreamError("upstream_response_too_large", message));
      return;
    }
    this.#chunks.push(chunk);
    this.#queuedBytes += chunk.byteLength;
    if (this.#queuedBytes > highWaterBytes) {
      this.#isPaused = true;
      controller.pause();
    }
    // One network read may bring many chunks, one after the other: the reader gets them together.
    if (this.#reader !== undefined && !this.#isFlushing) {
      this.#isFlushing = true;
      queueMicrotask(() => this.#flush());
    }
  }

  onResponseEnd(): void {
    if (this.#phase !== "over") this.#settle();
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#phase === "over") return;
    if (this.#isReused && !this.#isHeard && isConnectionLost(error)) {
      // The provider closed an idle connection just when it was used. That says nothing of the request.
      this.#phase = "connecting";
      this.#controller = undefined;
      this.#isReused = false;
      this.#options.dispatch(this.#dispatchOptions, this, "fresh");
      return;
    }
    this.#fail(toNetworkError(error, this.#phase));
  }

  /** The chunks that are there, as one, or the next to come. */
  pull(): Pulled<Uint8Array> {
    if (this.#reader !== undefined) throw new TypeError("The read before this one has not come back.");
    if (this.#chunks.length > 0) return { done: false, value: this.#take() };
    if (this.#failure !== undefined) throw this.#failure.reason;
    if (this.#phase === "over") return { done: true, value: undefined };
    this.#reader = Promise.withResolvers();
    return this.#reader.promise;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    return promised(this);
  }

  /** Closes the connection unless the answer was received to its end. */
  return(): Promise<IteratorResult<Uint8Array>> {
    this.#drop();
    if (this.#phase !== "over") {
      this.#settle();
      this.#controller?.abort(gaveUp);
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  #drop(): void {
    this.#chunks = [];
    this.#queuedBytes = 0;
  }

  #take(): Uint8Array {
    const [only, second] = this.#chunks;
    const value = only !== undefined && second === undefined ? only : Buffer.concat(this.#chunks, this.#queuedBytes);
    this.#drop();
    if (this.#isPaused) {
      this.#isPaused = false;
      // May bring the next chunks before it returns.
      this.#controller?.resume();
    }
    return value;
  }

  #flush(): void {
    this.#isFlushing = false;
    const reader = this.#reader;
    if (reader === undefined || this.#chunks.length === 0) return;
    this.#reader = undefined;
    reader.resolve({ done: false, value: this.#take() });
  }

  #fail(reason: unknown): void {
    this.#failure = { reason };
    this.#settle();
    // Changes nothing where the answer has begun.
    this.#options.reject(reason);
    this.#controller?.abort(gaveUp);
  }

  /** Nothing more will come. A reader that waits is told, unless there is something to give it first. */
  #settle(): void {
    this.#phase = "over";
    this.#cancellation.remove(this.#onAbort);
    this.#options.onOver();
    const reader = this.#reader;
    if (reader === undefined || this.#chunks.length > 0) return;
    this.#reader = undefined;
    if (this.#failure === undefined) reader.resolve({ done: true, value: undefined });
    else reader.reject(this.#failure.reason);
  }
}
