import { Chunk } from "../chat/chunk.ts";
import type { ChatEvent } from "../chat/event.ts";
import type { FrameRun } from "../chat/frame.ts";

/*
 * Most frames of a stream are the same text with another word in one place, and often padding in a second. After one
 * such frame was parsed, the next are recognised by the text around the word, and the word is cut out. A place counts
 * only if it is beyond doubt which field stands there, so the result is always that of parsing.
 */

/** What stands between the two parts of a frame behind its word, and differs from frame to frame: a text, or spaces. */
type Padding = "text" | "spaces";

/** A frame, and where its word and its padding stand in it. */
interface Shape {
  readonly frame: Chunk;
  readonly word: Place;
  readonly padding: Place;
  readonly paddingKind: Padding;
  readonly eventOf: Lesson["eventOf"];
}

interface Place {
  readonly start: number;
  readonly end: number;
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
  /** The event of such a frame with that word. */
  readonly eventOf: (word: string, run: FrameRun) => ChatEvent;
}

/** Reads the frames of one stream that differ from an earlier one in their word only. */
export class RepeatedFrames {
  #shape: Shape | undefined;

  /** Learns the form of a frame, if it can be sure of it. */
  learn(lesson: Lesson): void {
    this.#shape = shapeOf(lesson) ?? this.#shape;
  }

  /**
   * Adds to a run the events of the frames that begin where it starts, as long as they have the form that was learnt.
   *
   * @returns where the first frame begins that has not; the run's start where none has.
   */
  read(run: FrameRun): number {
    const { chunk, start } = run;
    if (this.#shape === undefined) return start;
    const { frame, word, padding, paddingKind, eventOf } = this.#shape;
    const { bytes } = chunk;
    const betweenLength = padding.start - word.end;
    const afterLength = frame.bytes.length - padding.end;
    let at = start;
    while (chunk.isSame(at, frame, 0, word.start)) {
      const wordStart = at + word.start;
      const plainEnd = chunk.endOfPlain(wordStart);
      const isEscaped = bytes[plainEnd] === backslash;
      const wordEnd = isEscaped ? endOfString(chunk, plainEnd) : plainEnd;
      if (wordEnd <= wordStart || !chunk.isSame(wordEnd, frame, word.end, betweenLength)) break;
      const paddingStart = wordEnd + betweenLength;
      const paddingEnd = paddingKind === "text" ? chunk.endOfPlain(paddingStart) : endOfSpaces(bytes, paddingStart);
      if (!chunk.isSame(paddingEnd, frame, padding.end, afterLength)) break;
      const written = chunk.text(wordStart, wordEnd);
      const text = isEscaped ? unescaped(written) : written;
      if (text === undefined) break;
      at = paddingEnd + afterLength;
      run.add(eventOf(text, run), at);
    }
    return at;
  }
}

const quote = 0x22;
const backslash = 0x5c;
const space = 0x20;
const closingBrace = 0x7d;

/** Where the quote stands that ends a JSON string; where there is none, something else, or the end of the bytes. */
const endOfString = (chunk: Chunk, start: number): number => {
  let at = start;
  while (chunk.bytes[at] === backslash) at = chunk.endOfPlain(at + 2);
  return at;
};

const endOfSpaces = (bytes: Uint8Array, start: number): number => {
  let at = start;
  while (bytes[at] === space) at++;
  return at;
};

/** What a JSON string means whose text, without its quotes, this is; `undefined` where it is none. */
const unescaped = (text: string): string | undefined => {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return undefined;
  }
};

const shapeOf = ({ data, raw, field, word, padding, eventOf }: Lesson): Shape | undefined => {
  const dataStart = raw.indexOf(data);
  // Without escapes every quote begins or ends a string, and a field's name has one spelling.
  if (dataStart === -1 || data.includes("\\") || raw.includes("\0")) return undefined;
  const place = placeOf(data, field);
  if (place === undefined || word === "" || data.slice(place.start, place.end) !== word) return undefined;
  const pad = padding === undefined ? placeOfSpaces(data) : placeOf(data, padding);
  if (pad === undefined || pad.start <= place.end) return undefined;
  /** From places in the data to places in the frame's bytes. */
  const inBytes = ({ start, end }: Place): Place => ({
    start: Buffer.byteLength(raw.slice(0, dataStart + start)),
    end: Buffer.byteLength(raw.slice(0, dataStart + end)),
  });
  return {
    frame: new Chunk(Buffer.from(raw)),
    word: inBytes(place),
    padding: inBytes(pad),
    paddingKind: padding === undefined ? "spaces" : "text",
    eventOf,
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
 * Where the text of the only field of that name stands, without its quotes. In JSON without escapes there can be no
 * doubt about it if the name stands there once: not as another field, and not as a text.
 */
const placeOf = (data: string, field: string): Place | undefined => {
  const name = `"${field}"`;
  const at = data.indexOf(name);
  if (at === -1 || data.includes(name, at + 1)) return undefined;
  let start = at + name.length;
  while (data.charCodeAt(start) === space) start++;
  if (data[start] !== ":") return undefined;
  start++;
  while (data.charCodeAt(start) === space) start++;
  if (data.charCodeAt(start) !== quote) return undefined;
  return { start: start + 1, end: data.indexOf('"', start + 1) };
};
