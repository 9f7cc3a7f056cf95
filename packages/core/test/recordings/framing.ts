import type { Json } from "./fixtures.ts";

// Every framing in its plainest reading, whole bodies only: nothing of it is the gateway's.

/** The data of each frame of an event stream. */
const dataOf = (stream: string): readonly string[] =>
  stream
    .replace(/^\uFEFF/, "")
    .split(/\r\n\r\n|\n\n|\r\r/)
    .map((frame) =>
      frame
        .split(/\r\n|\n|\r/)
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).replace(/^ /, ""))
        .join("\n"),
    )
    .filter((data) => data !== "");

/** The events of an event stream up to the end mark that some have. */
export const eventsOf = (stream: string): readonly unknown[] => {
  const data = dataOf(stream);
  const end = data.indexOf("[DONE]");
  return data.slice(0, end === -1 ? data.length : end).map((text): unknown => JSON.parse(text));
};

/** The objects of a body with one on each line. */
export const linesOf = (body: string): readonly Json[] =>
  body
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as Json);

/** The messages of AWS's binary framing, as long as they are whole: type and payload. */
export const messagesOf = (body: Buffer): readonly (readonly [type: string, payload: Json])[] => {
  const messages: (readonly [string, Json])[] = [];
  for (let at = 0; at + 12 <= body.length; at += body.readUInt32BE(at)) {
    const length = body.readUInt32BE(at);
    if (at + length > body.length) break;
    const headers = body.subarray(at + 12, at + 12 + body.readUInt32BE(at + 4));
    const payload = body.subarray(headers.byteOffset - body.byteOffset + headers.length, at + length - 4);
    messages.push([typeIn(headers), JSON.parse(payload.toString()) as Json]);
  }
  return messages;
};

/** The value of the header that names the event; all headers that come are strings. */
const typeIn = (headers: Buffer): string => {
  for (let at = 0; at < headers.length;) {
    const nameEnd = at + 1 + headers.readUInt8(at);
    const name = headers.toString("utf8", at + 1, nameEnd);
    const end = nameEnd + 3 + headers.readUInt16BE(nameEnd + 1);
    if (name === ":event-type" || name === ":exception-type") return headers.toString("utf8", nameEnd + 3, end);
    at = end;
  }
  return "";
};

/** Whether a content type is that of a stream. */
export const isStreamBody = (type: string): boolean => /event-?stream|ndjson/.test(type);
