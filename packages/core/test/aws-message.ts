import { crc32 } from "node:zlib";

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

const header = (name: string, value: string): Buffer => {
  const text = Buffer.from(value);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(text.byteLength);
  return Buffer.concat([Buffer.of(Buffer.byteLength(name)), Buffer.from(name), Buffer.of(7), size, text]);
};

/** One message of AWS's event-stream framing, of headers as they are on the wire. */
export const framed = (headers: Uint8Array, payload: string | Uint8Array): Buffer => {
  const body = Buffer.from(payload);
  const lengths = Buffer.concat([u32(headers.byteLength + body.byteLength + 16), u32(headers.byteLength)]);
  const message = Buffer.concat([lengths, u32(crc32(lengths)), headers, body]);
  return Buffer.concat([message, u32(crc32(message))]);
};

/** The same, of headers that are all strings. */
export const awsMessage = (headers: Readonly<Record<string, string>>, payload: string): Buffer =>
  framed(Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value))), payload);

/** An event of a stream, with its payload as JSON. */
export const awsEvent = (type: string, payload: unknown): Buffer =>
  awsMessage(
    { ":event-type": type, ":content-type": "application/json", ":message-type": "event" },
    JSON.stringify(payload),
  );

/** An exception inside a stream. */
export const awsException = (type: string, payload: unknown): Buffer =>
  awsMessage({ ":exception-type": type, ":message-type": "exception" }, JSON.stringify(payload));
