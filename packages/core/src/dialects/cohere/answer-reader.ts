import type { ChatEvent } from "../../chat/event.ts";
import type { Json } from "../dialect.ts";
import { objectIn, present, stringIn } from "../fields.ts";
import { toUpstreamError } from "../upstream-error.ts";
import { createCallReader, type CallReader } from "./call-reader.ts";
import { toCitations } from "./citations.ts";
import type { Invalid } from "../invalid-answer.ts";
import { decodeError } from "./errors.ts";
import { toFinishReason } from "./finish-reason.ts";
import { dialectId } from "./identity.ts";
import { toLogprobs } from "./logprobs.ts";
import { createTextPlaces } from "./text-places.ts";
import { toUsage } from "./usage.ts";

/** Reads the pieces of one answer, which a whole answer holds at once and a stream brings one by one. */
export interface AnswerReader {
  readonly start: (answer: Json) => readonly ChatEvent[];
  /** What the model means to do with its tools, in a field of `message`. */
  readonly plan: (message: Json) => readonly ChatEvent[];
  /** One content item, or a piece of it. */
  readonly content: (index: number, item: Json, logprobs?: unknown) => readonly ChatEvent[];
  readonly calls: CallReader;
  readonly citation: (citation: Json) => readonly ChatEvent[];
  /**
   * How the answer ended: `finish_reason`, `usage` and perhaps `error`.
   *
   * @throws UpstreamError where the provider gave up, or does not say why it ended.
   */
  readonly end: (ending: Json) => readonly ChatEvent[];
}

/** @param invalid Makes the error for what breaks the dialect's rules. */
export const createAnswerReader = (provider: string, invalid: Invalid): AnswerReader => {
  const places = createTextPlaces();
  const calls = createCallReader(invalid);

  const textIn = (fields: Json, name: string): string => {
    const value = fields[name] ?? "";
    if (typeof value !== "string") throw invalid(`\`${name}\` that is no text`);
    return value;
  };

  return {
    calls,
    start: (answer) => [{ type: "reply-start", ...present({ id: stringIn(answer, "id") }) }],
    plan: (message) => {
      const text = textIn(message, "tool_plan");
      return text === "" ? [] : [{ type: "reasoning-delta", choice: 0, text }];
    },
    content: (index, item, logprobs) => {
      const events: ChatEvent[] = [];
      const thinking = textIn(item, "thinking");
      const text = textIn(item, "text");
      if (thinking !== "") events.push({ type: "reasoning-delta", choice: 0, text: thinking, block: index });
      if (text !== "") {
        places.add(index, text);
        const delta: ChatEvent = { type: "text-delta", choice: 0, text, block: index };
        const entries = logprobs === undefined ? [] : toLogprobs(logprobs);
        events.push(entries.length === 0 ? delta : { ...delta, logprobs: entries });
      }
      return events;
    },
    citation: (citation) => toCitations(citation, places),
    end: (ending) => {
      const native = stringIn(ending, "finish_reason") ?? "";
      if (native === "") throw invalid("an answer without a finish reason");
      const finishReason = toFinishReason(native, calls.any());
      if (finishReason === undefined) {
        const type = native === "TIMEOUT" ? "timeout_error" : native;
        throw toUpstreamError({ type, ...decodeError(ending) }, { provider });
      }
      const counts = objectIn(ending, "usage") ?? {};
      const usage = toUsage(counts);
      return [
        ...calls.close(finishReason === "length"),
        ...(usage === undefined ? [] : [{ type: "usage" as const, usage }]),
        {
          type: "reply-end",
          choice: 0,
          finishReason,
          nativeFinishReason: native,
          // What is billed is told apart from what was counted.
          ...(usage === undefined ? {} : { extras: { [dialectId]: { usage: counts } } }),
        },
      ];
    },
  };
};
