import { Chunk } from "../chat/chunk.ts";
import { endOfFilling, inBytes, placeOf, type Filling, type Lesson, type Place, type Shape } from "./frame-shape.ts";

/** A place that is filled anew in each stream. */
interface Gap extends Place {
  readonly kind: Filling;
}

/** The shape of a frame of an earlier stream, with the gaps that the next streams fill. */
interface Form {
  readonly shape: Shape;
  /** In their order; no two of them touch. */
  readonly gaps: readonly Gap[];
  /** Which of the gaps hold the word and the padding. */
  readonly wordAt: number;
  readonly paddingAt: number;
}

// A provider that writes more of them writes something into its frames that is new each time.
const maxForms = 8;

/**
 * What frames looked like in earlier streams of one target. Streams differ in their names only, so the first frame of
 * that form can be recognised in the next one without parsing it.
 */
export class FrameForms {
  #forms: readonly Form[] = [];

  /** Keeps the shape that was learnt from a frame, where the lesson says that it holds for other streams. */
  keep(shape: Shape, lesson: Lesson): void {
    const form = formOf(shape, lesson);
    if (form !== undefined) this.#forms = [form, ...this.#forms.slice(0, maxForms - 1)];
  }

  /** The shape that a frame has which begins here, if an earlier stream had such a one. */
  find(chunk: Chunk, start: number): Shape | undefined {
    for (const form of this.#forms) {
      const shape = shapeBy(form, chunk, start);
      if (shape !== undefined) return shape;
    }
    return undefined;
  }
}

const formOf = (shape: Shape, lesson: Lesson): Form | undefined => {
  const { names } = lesson;
  if (names === undefined) return undefined;
  const word: Gap = { ...shape.word, kind: "text" };
  const padding: Gap = { ...shape.padding, kind: shape.paddingKind };
  const gaps = [word, padding];
  for (const { field, kind } of names) {
    const place = placeOf(lesson.data, field, kind);
    if (place !== undefined) gaps.push({ ...inBytes(lesson, place), kind });
  }
  gaps.sort((a, b) => a.start - b.start);
  const isInOrder = gaps.every(({ end }, index) => end < (gaps[index + 1]?.start ?? Infinity));
  return isInOrder ? { shape, gaps, wordAt: gaps.indexOf(word), paddingAt: gaps.indexOf(padding) } : undefined;
};

const shapeBy = (form: Form, chunk: Chunk, start: number): Shape | undefined => {
  const { shape, gaps, wordAt, paddingAt } = form;
  const { frame } = shape;
  const filled: Place[] = [];
  let at = start;
  let from = 0;
  for (const gap of gaps) {
    const length = gap.start - from;
    if (!chunk.isSame(at, frame, from, length)) return undefined;
    at += length;
    const end = endOfFilling(gap.kind, chunk, at);
    if (gap.kind === "digits" && end === at) return undefined;
    filled.push({ start: at - start, end: end - start });
    at = end;
    from = gap.end;
  }
  const rest = frame.bytes.length - from;
  const word = filled[wordAt];
  const padding = filled[paddingAt];
  if (word === undefined || padding === undefined || !chunk.isSame(at, frame, from, rest)) return undefined;
  return { ...shape, frame: new Chunk(chunk.bytes.subarray(start, at + rest)), word, padding };
};

const known = new WeakMap<object, FrameForms>();

/** The forms of one target, by an object that is its own and stays the same as long as it is asked. */
export const formsOf = (target: object): FrameForms => {
  const before = known.get(target);
  if (before !== undefined) return before;
  const forms = new FrameForms();
  known.set(target, forms);
  return forms;
};
