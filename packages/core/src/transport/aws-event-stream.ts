import { crc32 } from "node:zlib";
import { UpstreamError } from "../errors.ts";
import type { FrameParser, FrameParserOptions, FrameSink, StreamFrame } from "./frame.ts";

// A message: its length, the length of its headers, a checksum of these two, headers, payload, a checksum of it all.
const preludeBytes = 12;
const checksumBytes = 4;
const emptyBytes = preludeBytes + checksumBytes;

const defaults = { maxFrameBytes: 1024 * 1024 };

/**
 * Makes a parser for one stream of AWS's binary messages. A frame's `event` is the type of the event, of the exception,
 * or the code of the error that the message is; the last two are marked as failures.
 */
export const createAwsEventStreamParser = ({
  maxFrameBytes = defaults.maxFrameBytes,
}: FrameParserOptions = {}): FrameParser => {
  // The part of an unfinished message that earlier chunks brought. It is only joined once there is enough to go on.
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let neededBytes = preludeBytes;

  /** Takes in a chunk and gives all there is, once that is enough to go on. */
  const gather = (chunk: Uint8Array): Buffer | undefined => {
    pending.push(chunk);
    pendingBytes += chunk.byteLength;
    if (pendingBytes < neededBytes) return undefined;
    const [only] = pending;
    const bytes =
      pending.length === 1 && only !== undefined
        ? Buffer.from(only.buffer, only.byteOffset, only.byteLength)
        : Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    return bytes;
  };

  const keep = (rest: Buffer, needed: number): void => {
    neededBytes = needed;
    if (rest.byteLength === 0) return;
    pending = [rest];
    pendingBytes = rest.byteLength;
  };

  const cut = (bytes: Buffer, sink: FrameSink): void => {
    let start = 0;
    for (;;) {
      const rest = bytes.subarray(start);
      if (rest.byteLength < preludeBytes) return keep(rest, preludeBytes);
      const length = readLength(rest, maxFrameBytes);
      if (rest.byteLength < length) return keep(rest, length);
      sink.take(readMessage(rest.subarray(0, length)));
      start += length;
    }
  };

  return {
    push: (chunk, sink) => {
      const bytes = gather(chunk);
      if (bytes !== undefined) cut(bytes, sink);
    },
    end: () => {
      if (pendingBytes === 0) return;
      throw new UpstreamError("upstream_stream_truncated", "The provider's stream ended in the middle of a message.");
    },
  };
};

const invalid = (what: string): UpstreamError =>
  new UpstreamError("upstream_stream_invalid", `The provider sent a stream message ${what}.`);

/** The length of the message that begins here, once its prelude is found to be right. */
const readLength = (bytes: Buffer, maxFrameBytes: number): number => {
  const length = bytes.readUInt32BE(0);
  // The checksum comes first: a length that was garbled says nothing.
  if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8)) throw invalid("whose prelude has a wrong checksum");
  if (length < emptyBytes || bytes.readUInt32BE(4) > length - emptyBytes) throw invalid("of an impossible length");
  if (length > maxFrameBytes) {
    throw new UpstreamError(
      "upstream_response_too_large",
      `The provider sent a stream message of more than ${maxFrameBytes} bytes.`,
    );
  }
  return length;
};

const readMessage = (raw: Buffer): StreamFrame => {
  const end = raw.byteLength - checksumBytes;
  if (crc32(raw.subarray(0, end)) !== raw.readUInt32BE(end)) throw invalid("with a wrong checksum");
  const headersEnd = preludeBytes + raw.readUInt32BE(4);
  const headers = readHeaders(raw.subarray(preludeBytes, headersEnd));
  const data = raw.toString("utf8", headersEnd, end);
  const named = (name: string): { readonly event?: string } => {
    const event = headers.get(name);
    return event === undefined ? {} : { event };
  };
  switch (headers.get(":message-type")) {
    case "event":
      return { ...named(":event-type"), data, raw };
    case "exception":
      return { ...named(":exception-type"), failure: true, data, raw };
    case "error":
      // Its words stand in a header; the payload is empty.
      return {
        ...named(":error-code"),
        failure: true,
        data: JSON.stringify({ message: headers.get(":error-message") }),
        raw,
      };
    default:
      throw invalid("of an unknown type");
  }
};

/** Bytes of a header's value by its type's number: true, false, byte, short, integer, long, …, timestamp, UUID. */
const fixedSizes: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };
const bytesType = 6;
const stringType = 7;

/** The headers that are strings; those of other types are passed over. */
const readHeaders = (bytes: Buffer): ReadonlyMap<string, string> => {
  const headers = new Map<string, string>();
  let at = 0;
  /** Moves on by this many bytes and gives where they began. */
  const advance = (size: number): number => {
    const from = at;
    at += size;
    if (at > bytes.byteLength) throw invalid("whose headers are cut short");
    return from;
  };
  while (at < bytes.byteLength) {
    const nameLength = bytes.readUInt8(advance(1));
    const name = bytes.toString("utf8", advance(nameLength), at);
    const type = bytes.readUInt8(advance(1));
    const size = type === bytesType || type === stringType ? bytes.readUInt16BE(advance(2)) : fixedSizes[type];
    if (size === undefined) throw invalid("with a header of an unknown type");
    const from = advance(size);
    if (type === stringType) headers.set(name, bytes.toString("utf8", from, at));
  }
  return headers;
};
