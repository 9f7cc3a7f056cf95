import { isAscii } from "node:buffer";
import { UpstreamError } from "../errors.ts";
import type { FrameParser, FrameParserOptions, StreamFrame } from "./frame.ts";

/** One block of an event stream, up to and including the blank line that ends it; `data` is its lines joined by LF. */
export interface SseFrame extends StreamFrame {
  readonly raw: string;
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
  let hasBegun = false;
  let position: Position = "start";
  // The part of an unfinished frame that earlier chunks brought. It is only ever appended to: searching it would make a
  // frame that comes in many pieces cost the square of its length.
  let pending = "";
  let pendingBytes = 0;
  let hasCarriageReturns = false;
  let failure: UpstreamError | undefined;

  /** Ends the pending frame with this piece, unless that makes it too large. */
  const complete = (piece: string, frames: SseFrame[], place?: SseFrame["place"]): boolean => {
    // A UTF-16 unit takes three bytes at most, so short frames need not be measured.
    if (pendingBytes + piece.length * 3 > maxFrameBytes && pendingBytes + Buffer.byteLength(piece) > maxFrameBytes) {
      failure = tooLarge(maxFrameBytes);
      return false;
    }
    const isWhole = pending === "";
    const raw = isWhole ? piece : pending + piece;
    pending = "";
    pendingBytes = 0;
    position = "start";
    const frame = hasCarriageReturns ? readFrameWithReturns(raw) : readFrame(raw);
    // The frame was made just now and nobody has seen it.
    if (isWhole && place !== undefined) (frame as { place?: SseFrame["place"] }).place = place;
    frames.push(frame);
    return true;
  };

  const hold = (piece: string): void => {
    pending += piece;
    pendingBytes += Buffer.byteLength(piece);
    if (pendingBytes > maxFrameBytes) failure = tooLarge(maxFrameBytes);
  };

  const scan = (text: string, frames: SseFrame[], chunk: Uint8Array | undefined): void => {
    const { length } = text;
    let start = 0;
    let at = 0;
    // The next LF and CR, looked for again only when passed: each character is searched once.
    let lf = -1;
    let cr = indexOrEnd(text, "\r", 0);
    if (cr !== length) hasCarriageReturns = true;
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
      const place = chunk === undefined ? undefined : { chunk, start, end: at };
      if (!complete(text.slice(start, at), frames, place)) return;
      start = at;
    }
    if (start < length) hold(text.slice(start));
  };

  const run = (text: string, chunk?: Uint8Array): SseFrame[] => {
    if (failure !== undefined) throw failure;
    const frames: SseFrame[] = [];
    // In ASCII, places in the text are places in the chunk. The lengths differ where an earlier chunk left half a character.
    const isPlain = chunk !== undefined && chunk.byteLength === text.length && isAscii(chunk);
    scan(hasBegun || !text.startsWith(byteOrderMark) ? text : text.slice(1), frames, isPlain ? chunk : undefined);
    hasBegun ||= text !== "";
    if (chunk === undefined && pending !== "" && failure === undefined) complete("", frames);
    if (failure !== undefined) {
      pending = "";
      if (frames.length === 0) throw failure;
    }
    return frames;
  };

  return {
    push: (chunk) => run(decoder.decode(chunk, { stream: true }), chunk),
    end: () => run(decoder.decode()),
  };
};

const indexOrEnd = (text: string, search: string, from: number): number => {
  const index = text.indexOf(search, from);
  return index === -1 ? text.length : index;
};

const tooLarge = (maxFrameBytes: number): UpstreamError =>
  new UpstreamError("upstream_response_too_large", `The provider sent an event of more than ${maxFrameBytes} bytes.`);

// One line that begins with `data: ` is what nearly all frames are: the first line break is then near the end.

const readFrame = (raw: string): SseFrame =>
  raw.startsWith("data: ") && raw.indexOf("\n") === raw.length - 2
    ? { data: raw.slice(6, -2), raw }
    : readFields(raw, raw);

const readFrameWithReturns = (raw: string): SseFrame =>
  raw.startsWith("data: ") && raw.indexOf("\r") === raw.length - 4 && raw.indexOf("\n") === raw.length - 3
    ? { data: raw.slice(6, -4), raw }
    : readFields(raw.replace(/\r\n?/g, "\n"), raw);

/** Reads the fields from a frame's lines, which end in LF. */
const readFields = (lines: string, raw: string): SseFrame => {
  let event: string | undefined;
  let data: string | undefined;
  for (let at = 0; at < lines.length;) {
    const end = indexOrEnd(lines, "\n", at);
    const value = readField(lines, "data", at, end);
    if (value !== undefined) data = data === undefined ? value : `${data}\n${value}`;
    else event = readField(lines, "event", at, end) ?? event;
    at = end + 1;
  }
  // An empty name is the same as none.
  if (event === undefined || event === "") return data === undefined ? { raw } : { data, raw };
  return data === undefined ? { event, raw } : { event, data, raw };
};

/** The value of the line from `start` to `end` if it is this field. */
const readField = (text: string, name: string, start: number, end: number): string | undefined => {
  if (!text.startsWith(name, start)) return undefined;
  const colon = start + name.length;
  if (colon === end) return "";
  if (text[colon] !== ":") return undefined;
  return text.slice(text[colon + 1] === " " ? colon + 2 : colon + 1, end);
};
