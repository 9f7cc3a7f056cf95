import { once } from "node:events";
import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { UpstreamError } from "../errors.ts";

const decoders: ReadonlyMap<string, () => Transform> = new Map<string, () => Transform>([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
  ["zstd", createZstdDecompress],
]);

/** Makes the decoder for a `content-encoding`; `undefined` for one that is unknown, or for more than one. */
export const createContentDecoder = (encoding: string): Transform | undefined =>
  decoders.get(encoding.trim().toLowerCase())?.();

/**
 * The decoded bytes of an encoded body, as they come. Nothing is read before the first is asked for.
 *
 * @throws UpstreamError `upstream_invalid_response` where the bytes are not so encoded, `upstream_response_too_large`
 * where they decode to more than `maxBytes`; and what the body throws.
 */
export const decodeContent = (
  body: AsyncIterator<Uint8Array>,
  decoder: Transform,
  maxBytes: number,
): AsyncIterator<Uint8Array> => {
  const decoded: AsyncIterator<Uint8Array> = decoder[Symbol.asyncIterator]();
  // Between two reads nobody else listens, and an error nobody listens to would end the process.
  decoder.on("error", () => undefined);
  let isFeeding = false;
  let isClosed = false;
  let bytes = 0;
  let bodyFailure: { readonly reason: unknown } | undefined;

  const feed = async (): Promise<void> => {
    isFeeding = true;
    try {
      for (;;) {
        const result = await body.next();
        if (decoder.destroyed) return;
        if (result.done === true) break;
        if (!decoder.write(result.value)) await once(decoder, "drain");
      }
      decoder.end();
    } catch (reason) {
      // What the decoder itself threw is told by its iterator.
      if (decoder.errored === null) bodyFailure = { reason };
      decoder.destroy(new Error("The body broke off."));
    }
  };

  const close = (): void => {
    isClosed = true;
    decoder.destroy();
    void body.return?.();
  };

  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    if (isClosed) return { done: true, value: undefined };
    const reading = decoded.next();
    if (!isFeeding) void feed();
    let result: IteratorResult<Uint8Array>;
    try {
      result = await reading;
    } catch (cause) {
      if (isClosed) return { done: true, value: undefined };
      close();
      if (bodyFailure !== undefined) throw bodyFailure.reason;
      throw new UpstreamError("upstream_invalid_response", "The provider's answer does not decode.", { cause });
    }
    if (result.done === true) return result;
    bytes += result.value.byteLength;
    if (bytes <= maxBytes) return result;
    close();
    throw new UpstreamError("upstream_response_too_large", `The provider sent more than ${maxBytes} bytes.`);
  };

  return {
    next,
    return: () => {
      if (!isClosed) close();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
};
