import { Chunk } from "../chat/chunk.ts";
import { ChunkPiece } from "../chat/frame.ts";
import { UpstreamError } from "../errors.ts";
import type { FrameParser, FrameParserOptions, FrameSink, StreamFrame } from "./frame.ts";

/** What a block of an event stream says. */
interface Fields {
  readonly event?: string;
  readonly data?: string;
}

/**
 * One block of an event stream, up to and including the blank line that ends it; `data` is its lines joined by LF. A
 * class, because there is one for each event.
 */
export class SseFrame extends ChunkPiece implements StreamFrame {
  readonly event: string | undefined;
  readonly data: string | undefined;

  constructor({ event, data }: Fields, chunk: Chunk, start: number, end: number) {
    super(chunk, start, end);
    this.event = event;
    this.data = data;
  }
}

/**
 * Where the scanner stands: inside a line, at the start of one, behind the CR of a line, behind the CR of a blank line.
 * The two last are apart from "start" because the LF that belongs to the CR may come with the next chunk.
 */
type Position = "line" | "start" | "line-cr" | "blank-cr";

const defaults = { maxFrameBytes: 1024 * 1024 };
const byteOrderMark = Buffer.from("\uFEFF");
const nothing = Buffer.alloc(0);
const lineFeed = 10;
const carriageReturn = 13;

/**
 * Makes a parser for one stream, after the WHATWG event-stream algorithm. It works on bytes: lines end in the same ones
 * in all of UTF-8, so a frame never begins or ends within a character. The bytes of all frames, joined, are the stream
 * without its byte order mark.
 *
 * A CR that ends a blank line takes the LF after it, so a frame may wait for one more character. Only where the line
 * before ended in a bare CR it does not: such a stream has no LFs to wait for.
 */
export const createSseParser = (options: FrameParserOptions = {}): FrameParser<SseFrame> => new SseParser(options);

/** A class because there is one for each streamed answer: its closures would be made each time. */
class SseParser implements FrameParser<SseFrame> {
  readonly #maxFrameBytes: number;
  /** What may be the beginning of a byte order mark; `undefined` once the stream has begun. */
  #mark: Buffer | undefined = nothing;
  #position: Position = "start";
  // The part of an unfinished frame that earlier chunks brought. It is only joined once it is whole: joining it for each
  // piece would make a frame that comes in many cost the square of its length.
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #hasCarriageReturns = false;

  constructor({ maxFrameBytes = defaults.maxFrameBytes }: FrameParserOptions) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  push(bytes: Uint8Array, sink: FrameSink<SseFrame>): void {
    const mark = this.#mark;
    if (mark === undefined) this.#scan(new Chunk(bytes), 0, sink);
    else this.#begin(mark.length === 0 ? new Chunk(bytes) : new Chunk(Buffer.concat([mark, bytes])), sink, false);
  }

  end(sink: FrameSink<SseFrame>): void {
    if (this.#mark !== undefined) this.#begin(new Chunk(this.#mark), sink, true);
    if (this.#pending.length > 0) this.#complete(new Chunk(nothing), 0, 0, sink);
  }

  /** The first bytes of all, which may be a byte order mark and need not come together. */
  #begin(chunk: Chunk, sink: FrameSink<SseFrame>, isEnd: boolean): void {
    const { bytes } = chunk;
    const { length } = byteOrderMark;
    let same = 0;
    while (same < length && bytes[same] === byteOrderMark[same]) same++;
    if (!isEnd && same < length && same === bytes.length) {
      this.#mark = bytes;
      return;
    }
    this.#mark = undefined;
    this.#scan(chunk, same === length ? length : 0, sink);
  }

  #scan(chunk: Chunk, from: number, sink: FrameSink<SseFrame>): void {
    const { bytes } = chunk;
    const { length } = bytes;
    let cr = indexOrEnd(bytes, carriageReturn, from);
    if (cr !== length) this.#hasCarriageReturns = true;
    const isPlain = cr === length && this.#pending.length === 0 && this.#position === "start";
    let start = isPlain ? this.#scanWhole(chunk, from, sink) : from;
    let at = start;
    // The next LF and CR, looked for again only when passed: each byte is searched once.
    let lf = -1;
    while (at < length) {
      if (this.#position === "line") {
        if (lf < at) lf = indexOrEnd(bytes, lineFeed, at);
        if (cr < at) cr = indexOrEnd(bytes, carriageReturn, at);
        at = Math.min(lf, cr);
        if (at === length) break;
        this.#position = at === lf ? "start" : "line-cr";
        at++;
        continue;
      }
      const byte = bytes[at];
      const isBreak = byte === lineFeed || byte === carriageReturn;
      if (this.#position !== "blank-cr" && !isBreak) {
        this.#position = "line";
        continue;
      }
      if (this.#position === "line-cr" && byte === lineFeed) {
        this.#position = "start";
        at++;
        continue;
      }
      if (this.#position === "start" && byte === carriageReturn) {
        this.#position = "blank-cr";
        at++;
        continue;
      }
      // A blank line is complete: LF, CR behind a bare CR, or a CR whose LF is here or will not come.
      if (this.#position !== "blank-cr" || byte === lineFeed) at++;
      this.#complete(chunk, start, at, sink);
      start = at;
    }
    if (start < length) this.#hold(bytes.subarray(start));
  }

  /**
   * Gives the frames that stand whole in a chunk without CRs: each ends where an LF follows an LF.
   *
   * @returns where the last of them ends.
   */
  #scanWhole(chunk: Chunk, from: number, sink: FrameSink<SseFrame>): number {
    const { bytes } = chunk;
    let start = from;
    while (start < bytes.length) {
      // Where all that is left is no larger than a frame may be, none of its frames is.
      if (sink.takeRun !== undefined && bytes.length - start <= this.#maxFrameBytes) start = sink.takeRun(chunk, start);
      let lineEnd = bytes.indexOf(lineFeed, start);
      if (lineEnd > start) {
        while (lineEnd !== -1 && bytes[lineEnd + 1] !== lineFeed) lineEnd = bytes.indexOf(lineFeed, lineEnd + 1);
        if (lineEnd !== -1) lineEnd++;
      }
      if (lineEnd === -1) return start;
      this.#give(chunk, start, lineEnd + 1, sink);
      start = lineEnd + 1;
    }
    return start;
  }

  /** Gives the pending frame, which the piece of the chunk from `start` to `end` completes. */
  #complete(chunk: Chunk, start: number, end: number, sink: FrameSink<SseFrame>): void {
    this.#position = "start";
    if (this.#pending.length === 0) {
      this.#give(chunk, start, end, sink);
      return;
    }
    if (start < end) this.#hold(chunk.bytes.subarray(start, end));
    const whole = new Chunk(Buffer.concat(this.#pending, this.#pendingBytes));
    this.#pending = [];
    this.#pendingBytes = 0;
    const isTaken = !this.#hasCarriageReturns && sink.takeRun !== undefined && sink.takeRun(whole, 0) > 0;
    if (!isTaken) this.#give(whole, 0, whole.bytes.length, sink);
  }

  #hold(piece: Uint8Array): void {
    this.#pending.push(piece);
    this.#pendingBytes += piece.length;
    this.#checkSize(this.#pendingBytes);
  }

  #give(chunk: Chunk, start: number, end: number, sink: FrameSink<SseFrame>): void {
    this.#checkSize(end - start);
    const text = chunk.text(start, end);
    const fields = readFields(this.#hasCarriageReturns ? text.replace(/\r\n?/g, "\n") : text);
    sink.take(new SseFrame(fields, chunk, start, end));
  }

  #checkSize(bytes: number): void {
    if (bytes <= this.#maxFrameBytes) return;
    throw new UpstreamError(
      "upstream_response_too_large",
      `The provider sent an event of more than ${this.#maxFrameBytes} bytes.`,
    );
  }
}

const indexOrEnd = (bytes: Buffer, byte: number, from: number): number => {
  const index = bytes.indexOf(byte, from);
  return index === -1 ? bytes.length : index;
};

/** Reads the fields of a frame from its lines, which end in LF. */
const readFields = (text: string): Fields => {
  // One line that begins with `data: ` is what nearly all frames are.
  const firstEnd = text.indexOf("\n");
  if (text.startsWith("data: ") && firstEnd === text.length - 2) return { data: text.slice(6, -2) };
  // Others name their event first, and hold as much.
  if (
    text.startsWith("event: ") &&
    firstEnd > 7 &&
    text.startsWith("data: ", firstEnd + 1) &&
    text.indexOf("\n", firstEnd + 1) === text.length - 2
  ) {
    return { event: text.slice(7, firstEnd), data: text.slice(firstEnd + 7, -2) };
  }
  let event: string | undefined;
  let data: string | undefined;
  for (const line of text.split("\n")) {
    const value = readField(line, "data");
    if (value !== undefined) data = data === undefined ? value : `${data}\n${value}`;
    else event = readField(line, "event") ?? event;
  }
  // An empty name is the same as none.
  return { ...(event === undefined || event === "" ? {} : { event }), ...(data === undefined ? {} : { data }) };
};

/** The value of a line if it is this field. */
const readField = (line: string, name: string): string | undefined => {
  if (!line.startsWith(name)) return undefined;
  if (line.length === name.length) return "";
  if (line[name.length] !== ":") return undefined;
  return line.slice(name.length + (line[name.length + 1] === " " ? 2 : 1));
};
