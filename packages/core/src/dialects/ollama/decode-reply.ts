import type { ChatEvent } from "../../chat/event.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { isObject } from "../fields.ts";
import { createAnswerReader } from "./answer-reader.ts";
import { invalidIn } from "../invalid-answer.ts";
import { errorInAnswer } from "./errors.ts";

/** The events of a whole answer. */
export const decodeReply = (body: Json, options: DecodeOptions): readonly ChatEvent[] => {
  const { provider } = options;
  const error = errorInAnswer(body, provider);
  if (error !== undefined) throw error;
  const invalid = invalidIn(provider, "upstream_invalid_response");
  if (!isObject(body["message"])) throw invalid("an answer without a message");
  const reader = createAnswerReader(options, invalid);
  const events = reader.read(body);
  if (!reader.done()) throw invalid("an answer that is not complete");
  return events;
};
