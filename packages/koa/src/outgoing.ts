import { NodeOutgoing } from "@llm-gateway/core/node";
import type { ExtendableContext } from "koa";

/**
 * The way back through Koa. A whole answer becomes `ctx.body`, so that middleware around the gateway can compress,
 * measure and log it. A stream goes to Node's response as it comes.
 */
export class KoaOutgoing extends NodeOutgoing {
  readonly #ctx: ExtendableContext;
  #whole = false;
  #ended = false;

  constructor(ctx: ExtendableContext) {
    super(ctx.res);
    this.#ctx = ctx;
  }

  override start(status: number, headers: Readonly<Record<string, string>>): void {
    const ctx = this.#ctx;
    this.#whole = headers["content-length"] !== undefined && !ctx.headerSent;
    // Also for a stream: Koa keeps the words of a status that somebody set before.
    ctx.status = status;
    if (this.#whole) ctx.set(headers);
    else {
      ctx.respond = false;
      // The length of a body that somebody set before is not the stream's.
      ctx.remove("content-length");
      super.start(status, headers);
    }
  }

  override end(chunk?: string | Uint8Array): void {
    if (!this.#whole) return super.end(chunk);
    this.#ended = true;
    // Koa takes bytes other than a Buffer for an object to be sent as JSON.
    if (chunk !== undefined) this.#ctx.body = typeof chunk === "string" ? chunk : toBuffer(chunk);
  }

  override onClose(callback: () => void): void {
    super.onClose(() => {
      if (!this.#ended) callback();
    });
  }
}

const toBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
