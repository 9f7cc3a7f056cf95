import type { ChatEvent } from "../../chat/event.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { createAnswerReader } from "./answer-reader.ts";
import { errorInAnswer } from "./errors.ts";

/** The events of a whole answer. A prompt that was blocked is an answer too: one that ends in `content_filter`. */
export const decodeReply = (body: Json, options: DecodeOptions): readonly ChatEvent[] => {
  const error = errorInAnswer(body, options.provider);
  if (error !== undefined) throw error;
  const reader = createAnswerReader(options, "body");
  return [...reader.read(body), ...reader.end()];
};
