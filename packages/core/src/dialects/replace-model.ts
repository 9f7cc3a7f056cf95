import type { Json } from "./dialect.ts";

const key = '"model"';
const isSpace = (byte: number | undefined): boolean => byte === 32 || byte === 10 || byte === 13 || byte === 9;

/**
 * A request body that asks for another model and is otherwise what it was: byte for byte where the place of the name is
 * beyond doubt, else written anew from the parsed body.
 */
export const replaceModel = (bytes: Uint8Array, body: Json, model: string): Uint8Array | string => {
  if (body["model"] === model) return bytes;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const place = placeOfModel(buffer, body["model"]);
  if (place === undefined) return JSON.stringify({ ...body, model });
  const [start, end] = place;
  return Buffer.concat([buffer.subarray(0, start), Buffer.from(JSON.stringify(model)), buffer.subarray(end)]);
};

/** Where the model's name stands, its quotes included; `undefined` where that could be more than one place. */
const placeOfModel = (buffer: Buffer, model: unknown): readonly [start: number, end: number] | undefined => {
  const at = buffer.indexOf(key);
  if (typeof model !== "string" || at === -1 || buffer.indexOf(key, at + 1) !== -1) return undefined;
  // A key may be spelled with escapes ("\u006dodel"): the one that was found could then be a nested one.
  if (buffer.includes("\\u006")) return undefined;
  let start = at + key.length;
  while (isSpace(buffer[start])) start++;
  if (buffer[start] !== 0x3a) return undefined;
  start++;
  while (isSpace(buffer[start])) start++;
  const name = Buffer.from(JSON.stringify(model));
  const end = start + name.length;
  return buffer.subarray(start, end).equals(name) ? [start, end] : undefined;
};
