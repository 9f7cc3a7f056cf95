import type { ChatEvent, ReplyStart } from "../../chat/event.ts";
import type { Usage } from "../../chat/usage.ts";
import type { EncodeOptions, EventEncoder, Json } from "../dialect.ts";
import { writeUsage } from "../openai-chat/usage.ts";
import { errorObject } from "../openai-errors.ts";
import { echoOf, encodeHead, writeFinishReason } from "./encode-reply.ts";
import { lengthOf, writeLogprobs } from "./logprobs.ts";

/** Writes one streamed answer as chunks of one `text_completion`. */
export const createEncoder = (options: EncodeOptions): EventEncoder => {
  const { request } = options;
  const wantsUsage = request.includeUsage === true;
  const echo = echoOf(request);
  /** Characters of each choice that has begun; counted only where somebody wants to know. */
  const lengths = new Map<number, number>();
  let start: ReplyStart | undefined;
  let head: string | undefined;
  let usage: Usage | undefined;

  /** A chunk; what all of them share is written once. */
  const chunk = (choices: string, rest: string): string => {
    head ??= JSON.stringify(encodeHead(start ?? {}, options)).slice(0, -1);
    return `data: ${head},"choices":[${choices}]${rest}}\n\n`;
  };

  const piece = (index: number, text: string, logprobs: Json | null = null, reason: string | null = null): string =>
    chunk(
      JSON.stringify({ text, index, logprobs, finish_reason: reason }),
      // Who asked for usage is told in every chunk but the last that it is still to come.
      wantsUsage ? ',"usage":null' : "",
    );

  const begin = (choice: number): string => {
    if (lengths.has(choice)) return "";
    lengths.set(choice, 0);
    return echo === "" ? "" : piece(choice, echo);
  };

  const write = (event: ChatEvent): string => {
    switch (event.type) {
      case "reply-start":
        start ??= event;
        return "";
      case "usage":
        ({ usage } = event);
        return "";
      case "refusal-delta":
        return begin(event.choice) + (event.text === "" ? "" : piece(event.choice, event.text));
      case "text-delta": {
        const { choice, text, logprobs } = event;
        const first = begin(choice);
        if (logprobs === undefined) return text === "" ? first : first + piece(choice, text);
        const offset = lengths.get(choice) ?? 0;
        lengths.set(choice, offset + lengthOf(text));
        return first + piece(choice, text, writeLogprobs(logprobs, offset));
      }
      case "reply-end":
        return begin(event.choice) + piece(event.choice, "", null, writeFinishReason(event.finishReason));
      default:
        return "";
    }
  };

  return {
    encode: (batch) => {
      let text = "";
      for (const event of batch) text += write(event);
      return text;
    },
    end: () => {
      const told = wantsUsage && usage !== undefined ? writeUsage(usage, request.includeCost === true) : undefined;
      const last = told === undefined ? "" : chunk("", `,"usage":${JSON.stringify(told)}`);
      return `${last}data: [DONE]\n\n`;
    },
    fail: (error) => `data: ${JSON.stringify({ error: errorObject(error) })}\n\n`,
  };
};
