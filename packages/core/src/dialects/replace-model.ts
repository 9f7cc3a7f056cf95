import type { Json } from "./dialect.ts";

const key = '"model"';
const isSpace = (character: string | undefined): boolean =>
  character === " " || character === "\n" || character === "\r" || character === "\t";

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
  if (typeof model !== "string") return undefined;
  // One character for each byte, so that places in it are places in the body; searching text is cheaper than bytes.
  const text = buffer.toString("latin1");
  const at = text.indexOf(key);
  if (at === -1 || text.includes(key, at + 1)) return undefined;
  // A key may be spelled with escapes ("\u006dodel"): the one that was found could then be a nested one.
  if (text.includes("\\u006")) return undefined;
  let start = at + key.length;
  while (isSpace(text[start])) start++;
  if (text[start] !== ":") return undefined;
  start++;
  while (isSpace(text[start])) start++;
  const name = Buffer.from(JSON.stringify(model)).toString("latin1");
  return text.startsWith(name, start) ? [start, start + name.length] : undefined;
};
