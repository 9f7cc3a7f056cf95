import type { Chunk } from "../chat/chunk.ts";
import type { FrameRun } from "../chat/frame.ts";
import type { FrameForms } from "./frame-forms.ts";
import { endOfFilling, shapeOf, type Lesson, type Shape } from "./frame-shape.ts";

/*
 * Most frames of a stream are the same text with another word in one place, and often padding in a second. After one
 * such frame was parsed, the next are recognised by the text around the word, and the word is cut out. A place counts
 * only if it is beyond doubt which field stands there, so the result is always that of parsing.
 */

// A stream that does not begin with a form of an earlier one is not searched for them any further.
const maxSearches = 4;

/** Reads the frames of one stream that differ from an earlier one in their word only. */
export class RepeatedFrames {
  readonly #forms: FrameForms | undefined;
  #shape: Shape | undefined;
  #searches = 0;

  /** @param forms What the first of them may be recognised by. */
  constructor(forms?: FrameForms) {
    this.#forms = forms;
  }

  /** Learns the form of a frame, if it can be sure of it. */
  learn(lesson: Lesson): void {
    const shape = shapeOf(lesson);
    if (shape === undefined) return;
    this.#shape = shape;
    this.#forms?.keep(shape, lesson);
  }

  /**
   * Adds to a run the events of the frames that begin where it starts, as long as they have the form that was learnt.
   *
   * @param mayRecall The form may be that of an earlier stream: all that such a frame needs to have before it came.
   * @returns where the first frame begins that has not; the run's start where none has.
   */
  read(run: FrameRun, mayRecall = false): number {
    const { chunk, start } = run;
    const end = this.#shape === undefined ? start : readFrames(this.#shape, run);
    if (end !== start || !mayRecall || this.#forms === undefined || this.#searches >= maxSearches) return end;
    this.#searches++;
    const shape = this.#forms.find(chunk, start);
    if (shape === undefined) return start;
    this.#shape = shape;
    return readFrames(shape, run);
  }
}

const readFrames = ({ frame, word, padding, paddingKind, eventOf }: Shape, run: FrameRun): number => {
  const { chunk, start } = run;
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
    const paddingEnd = endOfFilling(paddingKind, chunk, wordEnd + betweenLength);
    if (!chunk.isSame(paddingEnd, frame, padding.end, afterLength)) break;
    const written = chunk.text(wordStart, wordEnd);
    const text = isEscaped ? unescaped(written) : written;
    if (text === undefined) break;
    at = paddingEnd + afterLength;
    run.add(eventOf(text, run), at);
  }
  return at;
};

const backslash = 0x5c;

/** Where the quote stands that ends a JSON string; where there is none, something else, or the end of the bytes. */
const endOfString = (chunk: Chunk, start: number): number => {
  let at = start;
  while (chunk.bytes[at] === backslash) at = chunk.endOfPlain(at + 2);
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
