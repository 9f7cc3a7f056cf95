import type { ChatEvent } from "../../chat/event.ts";
import type { StreamFrame } from "../../transport/frame.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn, stringIn } from "../fields.ts";
import type { Lesson } from "../repeated-frames.ts";

const paddingFields: readonly string[] = ["obfuscation", "p"];

/** What a chunk teaches of those that differ from it in their text only; `undefined` where it is not only a text. */
export const textLesson = (
  { data = "", raw }: StreamFrame,
  chunk: Json,
  events: readonly ChatEvent[],
): Lesson | undefined => {
  const [event] = events;
  if (event === undefined || events.length > 1 || typeof raw !== "string") return undefined;
  if (event.type !== "text-delta" && event.type !== "reasoning-delta") return undefined;
  // Whatever it has beside type, choice and text would have to be read from each chunk.
  if (Object.keys(event).length > 3) return undefined;
  const delta = objectIn(onlyChoice(chunk) ?? {}, "delta") ?? {};
  const field = (["content", "reasoning_content", "reasoning"] as const).find((name) => stringIn(delta, name));
  if (field === undefined) return undefined;
  const { type, choice } = event;
  return {
    data,
    raw,
    field,
    word: event.text,
    padding: paddingFields.find((name) => stringIn(chunk, name) !== undefined),
    eventOf: (text, frame) => ({ type, choice, text, frame }),
  };
};

const onlyChoice = (chunk: Json): Json | undefined => {
  const choices = arrayIn(chunk, "choices");
  const choice = choices[0];
  return choices.length === 1 && isObject(choice) ? choice : undefined;
};
