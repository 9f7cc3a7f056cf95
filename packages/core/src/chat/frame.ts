import type { Chunk } from "./chunk.ts";
import type { ChatEvent, EventBatch, Frame, FrameBytes, FramePlace } from "./event.ts";

/** Ties freshly decoded events to the bytes they came from. */
export const withFrame = (
  dialect: string,
  form: Frame["form"],
  bytes: FrameBytes,
  events: readonly ChatEvent[],
): readonly ChatEvent[] => {
  const frame: Frame = { dialect, form, bytes, events, samples: events };
  // The events were made by the decoder that calls this and nobody has seen them yet.
  for (const event of events) (event as { frame?: Frame }).frame = frame;
  return events;
};

/**
 * The frame that starts at `batch[index]`, or the part of one, that can be written again as it came: same dialect and
 * form, and every event decoded from it still there, in order, next to each other.
 */
export const intactFrame = (
  batch: EventBatch,
  index: number,
  dialect: string,
  form: Frame["form"],
): Frame | undefined => {
  const frame = batch[index]?.frame;
  if (frame === undefined || frame.dialect !== dialect || frame.form !== form) return undefined;
  if (frame instanceof FrameRun) return frame.intactIn(batch, index);
  const { events } = frame;
  for (let offset = 0; offset < events.length; offset++) {
    if (events[offset] !== batch[index + offset]) return undefined;
  }
  return frame;
};

/** A piece of a chunk. Its text is only cut out when it is asked for, which it mostly is not. */
export class ChunkPiece implements FrameBytes, FramePlace {
  readonly #chunk: Chunk;
  readonly start: number;
  readonly end: number;

  constructor(chunk: Chunk, start: number, end: number) {
    this.#chunk = chunk;
    this.start = start;
    this.end = end;
  }

  get raw(): string {
    return this.#chunk.text(this.start, this.end);
  }

  get chunk(): Uint8Array {
    return this.#chunk.bytes;
  }

  get place(): FramePlace {
    return this;
  }
}

/**
 * Neighbouring frames of one network read with one event each, which differ in their text only. Text comes in hundreds
 * of such frames, and what they have in common is kept once for all of them.
 */
export class FrameRun implements Frame {
  readonly dialect: string;
  readonly form = "stream";
  readonly chunk: Chunk;
  /** Where the first frame begins. */
  readonly start: number;
  // A list of its own and not the batch: what a stage may put into the batch is none of them.
  readonly #events: ChatEvent[] = [];
  /** Where the last frame ends. */
  #end: number;
  /** Where the frame of each event ends, once somebody has changed something. */
  #ends: readonly number[] | undefined;
  /** Where each event stands, once somebody has changed something. */
  #places: Map<ChatEvent | undefined, number> | undefined;

  constructor(dialect: string, chunk: Chunk, start: number) {
    this.dialect = dialect;
    this.chunk = chunk;
    this.start = start;
    this.#end = start;
  }

  get events(): readonly ChatEvent[] {
    return this.#events;
  }

  get samples(): readonly ChatEvent[] {
    return this.#events.slice(0, 1);
  }

  get bytes(): FrameBytes {
    return new ChunkPiece(this.chunk, this.start, this.#end);
  }

  /** Takes the next event, which has this run as its frame, and where its own frame ends: behind a blank line. */
  add(event: ChatEvent, end: number): void {
    this.#events.push(event);
    this.#end = end;
  }

  /** The longest part that begins with `batch[index]` and is still there, in order, next to each other. */
  intactIn(batch: EventBatch, index: number): Frame | undefined {
    const events = this.#events;
    const from = batch[index] === events[0] ? 0 : this.#placeOf(batch[index]);
    if (from === undefined) return undefined;
    let count = 1;
    while (from + count < events.length && events[from + count] === batch[index + count]) count++;
    return count === events.length ? this : this.#part(from, count);
  }

  #placeOf(event: ChatEvent | undefined): number | undefined {
    this.#places ??= new Map(this.#events.map((own, place) => [own, place]));
    return this.#places.get(event);
  }

  #part(from: number, count: number): Frame {
    const { dialect, form } = this;
    const events = this.#events.slice(from, from + count);
    return { dialect, form, bytes: this.#piece(from, count), events, samples: events.slice(0, 1) };
  }

  #piece(from: number, count: number): ChunkPiece {
    const ends = (this.#ends ??= endsOfFrames(this.chunk, this.start, this.#events.length));
    const start = ends[from - 1] ?? this.start;
    return new ChunkPiece(this.chunk, start, ends[from + count - 1] ?? start);
  }
}

/** Each frame ends behind the first blank line in it. */
const endsOfFrames = ({ bytes }: Chunk, start: number, count: number): readonly number[] => {
  const ends: number[] = [];
  for (let end = start; ends.length < count; ends.push(end)) end = bytes.indexOf(blankLine, end) + blankLine.length;
  return ends;
};

const blankLine = "\n\n";
