import { UpstreamError } from "../errors.ts";
import type { FrameParser, FrameParserOptions, StreamFrame } from "./frame.ts";

const lineFeed = 10;
const defaults = { maxFrameBytes: 1024 * 1024 };

/** Makes a parser for one stream of JSON values, one a line. Empty lines are frames without data. */
export const createNdjsonParser = ({
  maxFrameBytes = defaults.maxFrameBytes,
}: FrameParserOptions = {}): FrameParser => {
  // The part of an unfinished line that earlier chunks brought: bytes, so that no character is cut in two.
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;

  const take = (): StreamFrame => {
    const [only] = pending;
    const bytes = pending.length === 1 && only !== undefined ? only : Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
    const data = raw.trim();
    return data === "" ? { raw } : { data, raw };
  };

  const hold = (piece: Uint8Array): void => {
    pending.push(piece);
    pendingBytes += piece.byteLength;
    if (pendingBytes <= maxFrameBytes) return;
    throw new UpstreamError(
      "upstream_response_too_large",
      `The provider sent a line of more than ${maxFrameBytes} bytes.`,
    );
  };

  return {
    push: (chunk, sink) => {
      let start = 0;
      for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
        hold(chunk.subarray(start, end + 1));
        start = end + 1;
        sink.take(take());
      }
      if (start < chunk.byteLength) hold(chunk.subarray(start));
    },
    end: (sink) => {
      if (pendingBytes > 0) sink.take(take());
    },
  };
};
