import type { Json } from "../dialect.ts";
import { arrayIn, isObject, numberIn, objectIn } from "../fields.ts";
import { blockOf, itemOfBlock, rawBlockOf } from "./blocks.ts";
import { readCall, readPart, textsOf, type StatedText } from "./output-item.ts";

/** What a frame tells again of what came before it. */
export interface ToldAgain {
  /** The blocks whose texts it tells, and those texts one after the other. */
  readonly covers: (block: number) => boolean;
  readonly text: string;
  /** Arguments of the call that the frame's item is. */
  readonly arguments?: unknown;
}

/** The place of the item a frame speaks of. */
export const placeIn = (value: Json): number => numberIn(value, "output_index") ?? 0;

/** The part a frame speaks of. */
export const partIn = (value: Json): StatedText | undefined => {
  const index = numberIn(value, "content_index") ?? numberIn(value, "summary_index") ?? 0;
  return readPart(objectIn(value, "part") ?? {}, placeIn(value), index);
};

const none = (): boolean => false;

/** What a frame of this type tells again; `undefined` for those that tell something new. */
export const toldAgainIn = (type: string, value: Json): ToldAgain | undefined => {
  const place = placeIn(value);
  const only = (block: number, text: unknown): ToldAgain => ({
    covers: (other) => other === block,
    text: String(text),
  });
  switch (type) {
    case "response.output_text.done":
      return only(blockOf(place, numberIn(value, "content_index") ?? 0), value["text"]);
    case "response.refusal.done":
      return only(blockOf(place, numberIn(value, "content_index") ?? 0), value["refusal"]);
    case "response.reasoning_summary_text.done":
      return only(blockOf(place, numberIn(value, "summary_index") ?? 0), value["text"]);
    case "response.reasoning_text.done":
      return only(rawBlockOf(place, numberIn(value, "content_index") ?? 0), value["text"]);
    case "response.content_part.done":
    case "response.reasoning_part.done":
    case "response.reasoning_summary_part.done": {
      const part = partIn(value);
      return part === undefined ? undefined : only(part.block, part.text);
    }
    case "response.function_call_arguments.done":
    case "response.custom_tool_call_input.done":
      return { covers: none, text: "", arguments: value["arguments"] ?? value["input"] };
    case "response.output_item.done": {
      const item = objectIn(value, "item") ?? {};
      return {
        // All of the item's, because some servers number its parts otherwise than they stand in it.
        covers: (block) => itemOfBlock(block) === place,
        text: joined(textsOf(item, place)),
        arguments: readCall(item)?.arguments,
      };
    }
    case "response.completed":
    case "response.incomplete": {
      const output = arrayIn(objectIn(value, "response") ?? {}, "output").filter(isObject);
      return { covers: () => true, text: joined(output.flatMap((item, index) => textsOf(item, index))) };
    }
    default:
      return undefined;
  }
};

const joined = (texts: readonly StatedText[]): string => texts.map(({ text }) => text).join("");
