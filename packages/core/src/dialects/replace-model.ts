import type { Json } from "./dialect.ts";

const key = '"model"';
const isAscii = /^[\x20-\x7e]*$/;
const isSpace = (character: string | undefined): boolean =>
  character === " " || character === "\n" || character === "\r" || character === "\t";

/**
 * A request body that asks for another model and is otherwise what it was: byte for byte where the place of the name is
 * beyond doubt, else written anew from the parsed body.
 */
export const replaceModel = (bytes: Uint8Array, body: Json, model: string): Uint8Array | string => {
  if (body["model"] === model) return bytes;
  const buffer = bufferOf(bytes);
  const place = placeOfModel(buffer, body["model"]);
  if (place === undefined) return JSON.stringify({ ...body, model });
  return splice(buffer, place.name, place.end, JSON.stringify(model));
};

/** The same for servers that are told the model elsewhere: another field, which the body lacks, takes its place. */
export const replaceModelField = (
  bytes: Uint8Array,
  body: Json,
  [name, value]: readonly [name: string, value: string],
): Uint8Array | string => {
  const buffer = bufferOf(bytes);
  const place = Object.hasOwn(body, name) ? undefined : placeOfModel(buffer, body["model"]);
  if (place !== undefined)
    return splice(buffer, place.key, place.end, `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const { model: _model, ...rest } = body;
  return JSON.stringify({ ...rest, [name]: value });
};

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const splice = (buffer: Buffer, start: number, end: number, text: string): Buffer => {
  const inserted = Buffer.byteLength(text);
  const spliced = Buffer.allocUnsafe(start + inserted + buffer.length - end);
  buffer.copy(spliced, 0, 0, start);
  spliced.write(text, start);
  buffer.copy(spliced, start + inserted, end);
  return spliced;
};

/** Where the model's field begins, where its name's quotes do and where both end. */
interface Place {
  readonly key: number;
  readonly name: number;
  readonly end: number;
}

/** `undefined` where it could be more than one place. */
const placeOfModel = (buffer: Buffer, model: unknown): Place | undefined => {
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
  const written = JSON.stringify(model);
  const name = isAscii.test(written) ? written : Buffer.from(written).toString("latin1");
  return text.startsWith(name, start) ? { key: at, name: start, end: start + name.length } : undefined;
};
