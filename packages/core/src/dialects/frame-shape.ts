import { Chunk } from "../chat/chunk.ts";
import type { ChatEvent } from "../chat/event.ts";
import type { FrameRun } from "../chat/frame.ts";

/** Where something stands, in characters or in bytes. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** What differs from frame to frame: a text without its quotes, the digits of a whole number, or spaces. */
export type Filling = "text" | "digits" | "spaces";

/** A frame, and where its word and its padding stand in its bytes. */
export interface Shape {
  readonly frame: Chunk;
  readonly word: Place;
  readonly padding: Place;
  readonly paddingKind: Exclude<Filling, "digits">;
  readonly eventOf: Lesson["eventOf"];
}

/** A frame that was parsed. */
export interface Lesson {
  /** The frame's one line of data. */
  readonly data: string;
  /** The frame as it came. */
  readonly raw: string;
  /** The field that holds the word. */
  readonly field: string;
  /** What the parser found in it. */
  readonly word: string;
  /** A field whose text means nothing, if the frame has one. Spaces before the last brace mean nothing anyway. */
  readonly padding?: string | undefined;
  /**
   * Fields that differ from stream to stream and that the event does not tell. Given where the event follows from such
   * a frame alone, whatever its stream has said before.
   */
  readonly names?: readonly FieldName[] | undefined;
  /** The event of such a frame with that word. */
  readonly eventOf: (word: string, run: FrameRun) => ChatEvent;
}

export interface FieldName {
  readonly field: string;
  readonly kind: Exclude<Filling, "spaces">;
}

const quote = 0x22;
const space = 0x20;
const closingBrace = 0x7d;
const zero = 0x30;
const nine = 0x39;

/** The shape of a frame, if there can be no doubt about it. */
export const shapeOf = (lesson: Lesson): Shape | undefined => {
  const { data, raw, field, word, padding, eventOf } = lesson;
  // What was cut off has another end than what it would teach, and without it a part of the next frame would be read.
  if (!raw.endsWith("\n\n") || raw.includes("\0")) return undefined;
  const dataStart = raw.indexOf(data);
  // Standing there twice, it may be a comment that was found.
  if (dataStart === -1 || raw.includes(data, dataStart + 1)) return undefined;
  // Without escapes every quote begins or ends a string, and a field's name has one spelling.
  if (data.includes("\\")) return undefined;
  const place = placeOf(data, field, "text");
  if (place === undefined || word === "" || data.slice(place.start, place.end) !== word) return undefined;
  const pad = padding === undefined ? placeOfSpaces(data) : placeOf(data, padding, "text");
  if (pad === undefined || pad.start <= place.end) return undefined;
  return {
    frame: new Chunk(Buffer.from(raw)),
    word: inBytes(lesson, place),
    padding: inBytes(lesson, pad),
    paddingKind: padding === undefined ? "spaces" : "text",
    eventOf,
  };
};

/** From a place in the data to that in the frame's bytes. */
export const inBytes = ({ data, raw }: Lesson, { start, end }: Place): Place => {
  const dataStart = raw.indexOf(data);
  return {
    start: Buffer.byteLength(raw.slice(0, dataStart + start)),
    end: Buffer.byteLength(raw.slice(0, dataStart + end)),
  };
};

/** The spaces before the brace that ends an object, of which there may be none. */
const placeOfSpaces = (data: string): Place | undefined => {
  const end = data.length - 1;
  if (data.charCodeAt(end) !== closingBrace) return undefined;
  let start = end;
  while (data.charCodeAt(start - 1) === space) start--;
  return { start, end };
};

/**
 * Where the text of the only field of that name stands, without its quotes, or its digits. In JSON without escapes there
 * can be no doubt about it if the name stands there once: not as another field, and not as a text.
 */
export const placeOf = (data: string, field: string, kind: FieldName["kind"]): Place | undefined => {
  const name = `"${field}"`;
  const at = data.indexOf(name);
  if (at === -1 || data.includes(name, at + 1)) return undefined;
  let start = at + name.length;
  while (data.charCodeAt(start) === space) start++;
  if (data[start] !== ":") return undefined;
  start++;
  while (data.charCodeAt(start) === space) start++;
  if (kind === "text") {
    return data.charCodeAt(start) === quote ? { start: start + 1, end: data.indexOf('"', start + 1) } : undefined;
  }
  // JSON has no number that begins with a zero, but zero itself.
  const digits = /[1-9]\d*/y;
  digits.lastIndex = start;
  return digits.test(data) ? { start, end: digits.lastIndex } : undefined;
};

/** Where a filling ends that begins at `start` in a frame's bytes. */
export const endOfFilling = (kind: Filling, chunk: Chunk, start: number): number => {
  if (kind === "text") return chunk.endOfPlain(start);
  const { bytes } = chunk;
  let at = start;
  if (kind === "spaces") while (bytes[at] === space) at++;
  else if (bytes[at] !== zero) while (isDigit(bytes[at])) at++;
  return at;
};

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= zero && byte <= nine;
