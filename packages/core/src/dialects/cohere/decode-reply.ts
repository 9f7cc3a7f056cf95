import type { ChatEvent } from "../../chat/event.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { isObject, objectIn, stringIn } from "../fields.ts";
import { createAnswerReader } from "./answer-reader.ts";
import { invalidIn } from "../invalid-answer.ts";
import { throwError } from "./errors.ts";
import { dialectId } from "./identity.ts";

/** The events of a whole answer, in the order in which a stream would have brought them. */
export const decodeReply = (body: Json, { provider }: DecodeOptions): readonly ChatEvent[] => {
  const invalid = invalidIn(provider, "upstream_invalid_response");
  const message = objectIn(body, "message");
  if (message === undefined) {
    if (stringIn(body, "message") !== undefined || stringIn(body, "error") !== undefined) throwError(body, provider);
    throw invalid("an answer without a message");
  }
  const objectsIn = (name: string): readonly Json[] => {
    const list = message[name] ?? [];
    if (!Array.isArray(list) || !list.every(isObject)) throw invalid(`\`${name}\` that is no list of objects`);
    return list;
  };
  const reader = createAnswerReader(provider, invalid);
  const content = objectsIn("content");
  const lastText = content.findLastIndex((item) => item["type"] === "text");
  return [
    ...reader.start(body),
    ...reader.plan(message),
    ...content.flatMap((item, index) => {
      const events = reader.content(index, item, index === lastText ? body["logprobs"] : undefined);
      return events.length > 0
        ? events
        : [{ type: "opaque" as const, dialect: dialectId, name: "content", value: item }];
    }),
    ...objectsIn("tool_calls").flatMap((call, index) => [
      ...reader.calls.start(index, call),
      ...reader.calls.end(index),
    ]),
    ...objectsIn("citations").flatMap(reader.citation),
    ...reader.end(body),
  ];
};
