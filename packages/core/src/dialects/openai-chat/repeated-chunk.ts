import type { ChatEvent, ReasoningDelta, TextDelta } from "../../chat/event.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn, stringIn } from "../fields.ts";

/*
 * Most chunks of a stream are the same text with another word in one place, sometimes with padding in a second. After
 * one such chunk was parsed, the next is recognised by the text around the word, and the word is cut out. A place
 * counts only if parsing shows that a change there changes the delta's text and nothing else, and a word only if JSON
 * writes it as it is, so the result is always that of parsing.
 */

type TextField = "content" | "reasoning_content" | "reasoning";

interface Shape {
  readonly field: TextField;
  readonly choice: number;
  /** Up to and including the quote that begins the word. */
  readonly before: string;
  /** From the quote that ends it to the end of the chunk, or to the quote that begins the padding. */
  readonly between: string;
  /** From the quote that ends the padding. */
  readonly after?: string;
}

/** Reads chunks that differ from an earlier one in their text only. */
export interface RepeatedChunks {
  /** The chunk's only event, or `undefined` where it must be parsed. */
  readonly read: (data: string) => ChatEvent | undefined;
  /** Shows a chunk that was parsed and the events it gave. */
  readonly learn: (data: string, chunk: Json, events: readonly ChatEvent[]) => void;
}

// Learning costs as much as parsing twice: a stream that never repeats itself is given up on.
const maxFruitlessLessons = 8;

const quote = 0x22;
const backslash = 0x5c;
const space = 0x20;
// eslint-disable-next-line no-control-regex -- JSON writes control characters as escapes
const needsEscape = /["\\\u0000-\u001f]/;

export const createRepeatedChunks = (): RepeatedChunks => {
  let shape: Shape | undefined;
  let lessons = 0;
  return {
    read: (data) => {
      if (shape === undefined) return undefined;
      const { before, between, after, choice } = shape;
      const start = before.length;
      const end = plainEnd(data, start);
      if (end <= start || data.slice(0, start) !== before) return undefined;
      if (!endsAsLearnt(data, end, between, after)) return undefined;
      const text = data.slice(start, end);
      lessons = 0;
      // With room for the frame, which the event is given next.
      return shape.field === "content"
        ? { type: "text-delta", choice, text, frame: undefined }
        : { type: "reasoning-delta", choice, text, frame: undefined };
    },
    learn: (data, chunk, events) => {
      const event = events[0];
      if (lessons >= maxFruitlessLessons || events.length !== 1 || !isPlain(event)) return;
      lessons++;
      shape = shapeOf(data, chunk, event.choice) ?? shape;
    },
  };
};

/** Where the quote stands that ends the text from `start`; -1 where that text needs escapes, or has no end. */
const plainEnd = (data: string, start: number): number => {
  for (let at = start; at < data.length; at++) {
    const code = data.charCodeAt(at);
    if (code === quote) return at;
    if (code === backslash || code < space) return -1;
  }
  return -1;
};

// Slices are compared because startsWith goes character by character where it is optimised: five times as long.
const endsAsLearnt = (data: string, at: number, between: string, after: string | undefined): boolean => {
  if (after === undefined) return data.slice(at) === between;
  const from = at + between.length;
  const to = plainEnd(data, from);
  return to !== -1 && data.slice(at, from) === between && data.slice(to) === after;
};

/** Nothing beside type, choice and text, which would have to be read from the chunk. */
const isPlain = (event: ChatEvent | undefined): event is TextDelta | ReasoningDelta =>
  (event?.type === "text-delta" || event?.type === "reasoning-delta") && Object.keys(event).length === 3;

const paddingFields: readonly string[] = ["obfuscation", "p"];

/** Words no server sends, to see what changes with a place. */
const marker = "\u2402llm-gateway\u2403";
const otherMarker = "\u2404llm-gateway\u2403";

const shapeOf = (data: string, chunk: Json, choice: number): Shape | undefined => {
  const delta = objectIn(onlyChoice(chunk) ?? {}, "delta");
  if (delta === undefined) return undefined;
  const field = (["content", "reasoning_content", "reasoning"] as const).find((name) => stringIn(delta, name));
  if (field === undefined) return undefined;
  const word = placeOf(data, field, stringIn(delta, field) ?? "", 0);
  if (word === undefined) return undefined;
  const [start, end] = word;
  const common = { field, choice, before: data.slice(0, start) };

  const padding = paddingFields.find((name) => stringIn(chunk, name) !== undefined);
  const pad = padding === undefined ? undefined : placeOf(data, padding, stringIn(chunk, padding) ?? "", end);
  if (padding !== undefined && pad === undefined) return undefined;
  const shape: Shape =
    pad === undefined
      ? { ...common, between: data.slice(end) }
      : { ...common, between: data.slice(end, pad[0]), after: data.slice(pad[1]) };
  return changesOnly(shape, padding, chunk) ? shape : undefined;
};

/** Where a field's text stands, without its quotes; the first place that looks so. */
const placeOf = (
  data: string,
  field: string,
  text: string,
  from: number,
): readonly [start: number, end: number] | undefined => {
  if (needsEscape.test(text)) return undefined;
  for (const key of [`"${field}":"`, `"${field}": "`]) {
    const at = data.indexOf(`${key}${text}"`, from);
    if (at !== -1) return [at + key.length, at + key.length + text.length];
  }
  return undefined;
};

/** Parses the shape with other words in its places: exactly those words must come out, each in its field. */
const changesOnly = ({ field, before, between, after }: Shape, padding: string | undefined, chunk: Json): boolean => {
  const parsed: unknown = JSON.parse(
    after === undefined ? before + marker + between : before + marker + between + otherMarker + after,
  );
  const delta = isObject(parsed) ? objectIn(onlyChoice(parsed) ?? {}, "delta") : undefined;
  if (!isObject(parsed) || delta === undefined || delta[field] !== marker) return false;
  if (padding !== undefined && parsed[padding] !== otherMarker) return false;
  return Object.keys(parsed).length === Object.keys(chunk).length;
};

const onlyChoice = (chunk: Json): Json | undefined => {
  const choices = arrayIn(chunk, "choices");
  const choice = choices[0];
  return choices.length === 1 && isObject(choice) ? choice : undefined;
};
