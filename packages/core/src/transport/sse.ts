import { isAscii } from "node:buffer";
import type { FramePlace } from "../chat/event.ts";
import { UpstreamError } from "../errors.ts";
import type { FrameParser, FrameParserOptions, StreamFrame } from "./frame.ts";

/** What a block of an event stream says. */
interface Fields {
  readonly event?: string;
  readonly data?: string;
}

/**
 * One block of an event stream, up to and including the blank line that ends it; `data` is its lines joined by LF. A
 * class, because there is one for each event: what came is cut out when it is asked for, which it mostly is not.
 */
export class SseFrame implements StreamFrame {
  readonly event: string | undefined;
  readonly data: string | undefined;
  /** What was read, where places in it are places in the text. */
  readonly chunk: Uint8Array | undefined;
  readonly start: number;
  readonly end: number;
  readonly #text: string;

  constructor({ event, data }: Fields, text: string, start: number, end: number, chunk: Uint8Array | undefined) {
    this.event = event;
    this.data = data;
    this.chunk = chunk;
    this.start = start;
    this.end = end;
    this.#text = text;
  }

  get raw(): string {
    return this.#text.slice(this.start, this.end);
  }

  get place(): FramePlace | undefined {
    // The cast holds because the compiler does not see that it is this chunk that was looked at.
    return this.chunk === undefined ? undefined : (this as FramePlace);
  }
}

/**
 * Where the scanner stands: inside a line, at the start of one, behind the CR of a line, behind the CR of a blank line.
 * The two last are apart from "start" because the LF that belongs to the CR may come with the next chunk.
 */
type Position = "line" | "start" | "line-cr" | "blank-cr";

const defaults = { maxFrameBytes: 1024 * 1024 };
const byteOrderMark = "\uFEFF";
const lineFeed = 10;
const carriageReturn = 13;

/**
 * Makes a parser for one stream, after the WHATWG event-stream algorithm. The raw texts of all frames, joined, are the
 * decoded stream without its byte order mark.
 *
 * A CR that ends a blank line takes the LF after it, so a frame may wait for one more character. Only where the line
 * before ended in a bare CR it does not: such a stream has no LFs to wait for.
 */
export const createSseParser = (options: FrameParserOptions = {}): FrameParser<SseFrame> => {
  const maxFrameBytes = options.maxFrameBytes ?? defaults.maxFrameBytes;
  // The mark is dropped here: Node's decoder, when asked to, also drops one behind a character that two chunks share.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** The decoder may hold the beginning of a character. */
  let isMidCharacter = false;
  let hasBegun = false;
  let position: Position = "start";
  // The part of an unfinished frame that earlier chunks brought. It is only ever appended to: searching it would make a
  // frame that comes in many pieces cost the square of its length.
  let pending = "";
  let pendingBytes = 0;
  let hasCarriageReturns = false;
  let failure: UpstreamError | undefined;

  /** Whether a piece of a text that ends the pending frame leaves it small enough. */
  const fits = (text: string, start: number, end: number): boolean => {
    // A UTF-16 unit takes three bytes at most, so short frames need not be measured.
    if (pendingBytes + (end - start) * 3 <= maxFrameBytes) return true;
    if (pendingBytes + Buffer.byteLength(text.slice(start, end)) <= maxFrameBytes) return true;
    failure = tooLarge(maxFrameBytes);
    return false;
  };

  /** Ends the pending frame with the piece of the text from `start` to `end`, unless that makes it too large. */
  const complete = (text: string, start: number, end: number, frames: SseFrame[], chunk?: Uint8Array): boolean => {
    if (!fits(text, start, end)) return false;
    const isWhole = pending === "";
    const raw = isWhole ? text.slice(start, end) : pending + text.slice(start, end);
    pending = "";
    pendingBytes = 0;
    position = "start";
    const lines = hasCarriageReturns ? raw.replace(/\r\n?/g, "\n") : raw;
    const fields = readFields(lines, 0, lines.length);
    frames.push(
      isWhole ? new SseFrame(fields, text, start, end, chunk) : new SseFrame(fields, raw, 0, raw.length, undefined),
    );
    return true;
  };

  const hold = (piece: string): void => {
    pending += piece;
    pendingBytes += Buffer.byteLength(piece);
    if (pendingBytes > maxFrameBytes) failure = tooLarge(maxFrameBytes);
  };

  /**
   * The frames that stand whole in a text without CRs: each ends where an LF follows an LF.
   *
   * @returns where the last of them ends.
   */
  const scanWhole = (text: string, frames: SseFrame[], chunk: Uint8Array | undefined): number => {
    let start = 0;
    for (;;) {
      const lineEnd = text.indexOf("\n", start);
      if (lineEnd === -1) return start;
      let end = lineEnd + 1;
      if (lineEnd !== start) {
        const blank = text.charCodeAt(end) === lineFeed ? lineEnd : text.indexOf("\n\n", end);
        if (blank === -1) return start;
        end = blank + 2;
      }
      if (!fits(text, start, end)) return start;
      frames.push(new SseFrame(readFields(text, start, end), text, start, end, chunk));
      start = end;
    }
  };

  const scan = (text: string, frames: SseFrame[], chunk: Uint8Array | undefined): void => {
    const { length } = text;
    let cr = indexOrEnd(text, "\r", 0);
    if (cr !== length) hasCarriageReturns = true;
    let start = cr === length && pending === "" && position === "start" ? scanWhole(text, frames, chunk) : 0;
    if (failure !== undefined) return;
    let at = start;
    // The next LF and CR, looked for again only when passed: each character is searched once.
    let lf = -1;
    while (at < length) {
      if (position === "line") {
        if (lf < at) lf = indexOrEnd(text, "\n", at);
        if (cr < at) cr = indexOrEnd(text, "\r", at);
        at = Math.min(lf, cr);
        if (at === length) break;
        position = at === lf ? "start" : "line-cr";
        at++;
        continue;
      }
      const code = text.charCodeAt(at);
      const isBreak = code === lineFeed || code === carriageReturn;
      if (position !== "blank-cr" && !isBreak) {
        position = "line";
        continue;
      }
      if (position === "line-cr" && code === lineFeed) {
        position = "start";
        at++;
        continue;
      }
      if (position === "start" && code === carriageReturn) {
        position = "blank-cr";
        at++;
        continue;
      }
      // A blank line is complete: LF, CR behind a bare CR, or a CR whose LF is here or will not come.
      if (position !== "blank-cr" || code === lineFeed) at++;
      if (!complete(text, start, at, frames, chunk)) return;
      start = at;
    }
    if (start < length) hold(text.slice(start));
  };

  /** @param chunk The bytes, where the text has a character for each. */
  const run = (text: string, isEnd: boolean, chunk?: Uint8Array): SseFrame[] => {
    if (failure !== undefined) throw failure;
    const frames: SseFrame[] = [];
    scan(hasBegun || !text.startsWith(byteOrderMark) ? text : text.slice(1), frames, chunk);
    hasBegun ||= text !== "";
    if (isEnd && pending !== "" && failure === undefined) complete("", 0, 0, frames);
    if (failure !== undefined) {
      pending = "";
      if (frames.length === 0) throw failure;
    }
    return frames;
  };

  return {
    push: (chunk) => {
      if (!isMidCharacter && isAscii(chunk)) {
        return run(asBuffer(chunk).toString("latin1"), false, chunk);
      }
      const text = decoder.decode(chunk, { stream: true });
      isMidCharacter = chunk.byteLength === 0 ? isMidCharacter : (chunk.at(-1) ?? 0) > 0x7f;
      return run(text, false);
    },
    end: () => run(decoder.decode(), true),
  };
};

const asBuffer = (chunk: Uint8Array): Buffer =>
  Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);

const indexOrEnd = (text: string, search: string, from: number): number => {
  const index = text.indexOf(search, from);
  return index === -1 ? text.length : index;
};

const tooLarge = (maxFrameBytes: number): UpstreamError =>
  new UpstreamError("upstream_response_too_large", `The provider sent an event of more than ${maxFrameBytes} bytes.`);

/** Reads the fields of a frame from its lines, which end in LF and stand in a text from `start` to `end`. */
const readFields = (text: string, start: number, end: number): Fields => {
  // One line that begins with `data: ` is what nearly all frames are.
  if (text.startsWith("data: ", start)) {
    const lineEnd = text.indexOf("\n", start);
    if (lineEnd === end - 2) return { data: text.slice(start + 6, lineEnd) };
  }
  let event: string | undefined;
  let data: string | undefined;
  for (let at = start; at < end;) {
    // The last line may lack its end.
    const lineEnd = Math.min(indexOrEnd(text, "\n", at), end);
    const value = readField(text, "data", at, lineEnd);
    if (value !== undefined) data = data === undefined ? value : `${data}\n${value}`;
    else event = readField(text, "event", at, lineEnd) ?? event;
    at = lineEnd + 1;
  }
  // An empty name is the same as none.
  return { ...(event === undefined || event === "" ? {} : { event }), ...(data === undefined ? {} : { data }) };
};

/** The value of the line from `start` to `end` if it is this field. */
const readField = (text: string, name: string, start: number, end: number): string | undefined => {
  if (!text.startsWith(name, start)) return undefined;
  const colon = start + name.length;
  if (colon === end) return "";
  if (text[colon] !== ":") return undefined;
  return text.slice(text[colon + 1] === " " ? colon + 2 : colon + 1, end);
};
