import type { ChatEvent } from "../../chat/event.ts";
import type { StreamFrame } from "../../transport/frame.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn, stringIn } from "../fields.ts";
import type { FieldName, Lesson } from "../frame-shape.ts";
import { hasSources } from "./citations.ts";

const paddingFields: readonly string[] = ["obfuscation", "p"];

const streamNames: readonly FieldName[] = [
  { field: "id", kind: "text" },
  { field: "created", kind: "digits" },
];

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
  const said = onlyChoice(chunk) ?? {};
  const delta = objectIn(said, "delta") ?? {};
  const field = (["content", "reasoning_content", "reasoning"] as const).find((name) => stringIn(delta, name));
  if (field === undefined) return undefined;
  const { type, choice } = event;
  // What a choice ended with, and which sources were told, the decoder has to know of each stream itself.
  const isLasting = choice === 0 && stringIn(said, "finish_reason") === undefined && !hasSources(chunk);
  return {
    data,
    raw,
    field,
    word: event.text,
    padding: paddingFields.find((name) => stringIn(chunk, name) !== undefined),
    names: isLasting ? streamNames : undefined,
    eventOf: (text, frame) => ({ type, choice, text, frame }),
  };
};

const onlyChoice = (chunk: Json): Json | undefined => {
  const choices = arrayIn(chunk, "choices");
  const choice = choices[0];
  return choices.length === 1 && isObject(choice) ? choice : undefined;
};
