import type { ChatEvent } from "../../chat/event.ts";
import { UpstreamError } from "../../errors.ts";
import type { StreamFrame } from "../../transport/frame.ts";
import type { DecodeOptions, FrameDecoder, Json } from "../dialect.ts";
import { isObject } from "../fields.ts";
import { createAnswerReader } from "./answer-reader.ts";
import { invalidIn } from "../invalid-answer.ts";
import { errorInAnswer } from "./errors.ts";
import { dialectId } from "./identity.ts";

/** Reads a streamed answer: every line is a message with what is new, and the last one says that it is. */
export const createDecoder = (options: DecodeOptions): FrameDecoder => {
  const { provider } = options;
  const invalid = invalidIn(provider, "upstream_stream_invalid");
  const reader = createAnswerReader(options, invalid);

  const truncated = (cause?: unknown): UpstreamError =>
    new UpstreamError("upstream_stream_truncated", `${provider} ended the stream before its answer was complete.`, {
      provider,
      cause,
    });

  const parse = (data: string, raw: StreamFrame["raw"]): Json => {
    let line: unknown;
    try {
      line = JSON.parse(data);
    } catch (cause) {
      // Only the stream's end leaves a line without its own.
      throw raw.at(-1) === "\n" ? invalid("a line that is not JSON", cause) : truncated(cause);
    }
    if (!isObject(line)) throw invalid("a line that is not an object");
    const error = errorInAnswer(line, provider);
    if (error !== undefined) throw error;
    return line;
  };

  const opaque = (name: string): readonly ChatEvent[] => [{ type: "opaque", dialect: dialectId, name }];

  return {
    decode: ({ data, raw }: StreamFrame) => {
      if (data === undefined) return opaque("blank");
      const events = reader.read(parse(data, raw));
      return events.length > 0 ? events : opaque("line");
    },
    end: () => {
      if (!reader.done()) throw truncated();
      return [];
    },
    ended: reader.done,
  };
};
