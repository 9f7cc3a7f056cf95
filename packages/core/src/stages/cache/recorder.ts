import type { ChatEvent } from "../../chat/event.ts";

/** Keeps a copy of an answer while it passes. */
export interface Recorder {
  /** Never throws. */
  readonly push: (event: ChatEvent) => void;
  /** The answer, or `undefined` where it grew too long or holds what has no JSON. */
  readonly events: () => readonly ChatEvent[] | undefined;
}

type Mutable<T> = T extends unknown ? { -readonly [K in keyof T]: T[K] } : never;

/**
 * Records events without their wire frames. Pieces of one text become one event, so that an answer streamed in a
 * thousand deltas takes no more room than one that came whole.
 *
 * @param maxLength Characters after which the record is dropped, so that a long answer costs no memory.
 */
export const createRecorder = (maxLength: number): Recorder => {
  let events: Mutable<ChatEvent>[] | undefined = [];
  let length = 0;

  const append = (event: ChatEvent, to: Mutable<ChatEvent>[]): number => {
    const last = to.at(-1);
    const grown = last === undefined ? undefined : extend(last, event);
    if (grown !== undefined) return grown;
    const { frame: _frame, ...own } = event;
    const json = JSON.stringify(own);
    to.push(own);
    return json.length;
  };

  const push = (event: ChatEvent): void => {
    if (events === undefined) return;
    try {
      length += append(event, events);
    } catch {
      // A stage put something into the event that cannot be stored. The answer itself goes on.
      length = Infinity;
    }
    if (length > maxLength) events = undefined;
  };
  return { push, events: () => events };
};

/** Adds what `event` brings to `last` if both are pieces of the same text, and tells by how much; else `undefined`. */
const extend = (last: Mutable<ChatEvent>, event: ChatEvent): number | undefined => {
  if (last.type === "text-delta" && event.type === "text-delta") {
    if (last.choice !== event.choice || last.block !== event.block || isDetailed(last) || isDetailed(event)) return;
    last.text += event.text;
    return event.text.length;
  }
  if (last.type === "reasoning-delta" && event.type === "reasoning-delta") {
    if (last.choice !== event.choice || last.block !== event.block || isDetailed(last) || isDetailed(event)) return;
    if (last.summary !== event.summary || last.id !== event.id) return;
    last.text += event.text;
    return event.text.length;
  }
  if (last.type === "refusal-delta" && event.type === "refusal-delta") {
    if (last.choice !== event.choice) return;
    last.text += event.text;
    return event.text.length;
  }
  if (last.type === "tool-call-delta" && event.type === "tool-call-delta") {
    if (last.choice !== event.choice || last.index !== event.index) return;
    last.arguments += event.arguments;
    return event.arguments.length;
  }
  return undefined;
};

/** It says something of exactly this piece: its probabilities, or the signature that seals the text before it. */
const isDetailed = (event: Extract<ChatEvent, { type: "text-delta" | "reasoning-delta" }>): boolean =>
  event.signature !== undefined ||
  (event.type === "text-delta" ? event.logprobs !== undefined : event.encrypted !== undefined);
