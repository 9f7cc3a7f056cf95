import type { IncomingMessage } from "node:http";
import { GatewayError } from "../errors.ts";
import type { Timer } from "../pipeline/clock.ts";
import type { Body, BodyLimits } from "./exchange.ts";

/**
 * Reads the body of a Node request.
 *
 * @throws GatewayError `request_too_large`, `request_timeout`, or `client_closed` where it does not come to its end.
 */
export const readNodeBody = (request: IncomingMessage, limits: BodyLimits): Promise<Body> =>
  new Promise((resolve, reject) => {
    if (Number(request.headers["content-length"]) > limits.maxBytes) reject(tooLarge(limits.maxBytes));
    else if (request.destroyed) reject(clientGone());
    else new BodyReader(request, limits, { resolve, reject }).start();
  });

type Settle = Omit<PromiseWithResolvers<Body>, "promise">;

/**
 * Its listeners stay on the request, of which the connection keeps the last: taking them off costs more than all else
 * that is done here. So they hold on to nothing but this reader, which lets go of all it has once it is done.
 */
class BodyReader {
  readonly #request: IncomingMessage;
  readonly #limits: BodyLimits;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** `undefined` once it is done. */
  #settle: Settle | undefined;
  #timer: Timer | undefined;

  constructor(request: IncomingMessage, limits: BodyLimits, settle: Settle) {
    this.#request = request;
    this.#limits = limits;
    this.#settle = settle;
  }

  start(): void {
    const { clock, timeoutMs } = this.#limits;
    this.#timer = clock.timer(timeoutMs, () =>
      this.#refuse(new GatewayError("request_timeout", `The request body did not arrive within ${timeoutMs} ms.`)),
    );
    this.#request
      .on("data", (chunk: Buffer) => this.#take(chunk))
      .on("end", () => this.#end())
      .on("close", () => this.#release()?.reject(clientGone()));
  }

  #take(chunk: Buffer): void {
    if (this.#settle === undefined) return;
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.#limits.maxBytes) this.#refuse(tooLarge(this.#limits.maxBytes));
    else this.#chunks.push(chunk);
  }

  #end(): void {
    const [only] = this.#chunks;
    const bytes = this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks);
    this.#release()?.resolve({ type: "bytes", bytes });
  }

  #refuse(error: GatewayError): void {
    this.#release()?.reject(error);
    // What still comes is not kept. A client that is cut off while it sends would not read the answer.
    this.#request.resume();
  }

  #release(): Settle | undefined {
    const settle = this.#settle;
    this.#settle = undefined;
    this.#chunks = [];
    this.#timer?.cancel();
    this.#timer = undefined;
    return settle;
  }
}

const tooLarge = (maxBytes: number): GatewayError =>
  new GatewayError("request_too_large", `The request body is larger than the ${maxBytes} bytes this gateway takes.`);

const clientGone = (): GatewayError => new GatewayError("client_closed", "The client closed the connection.");
