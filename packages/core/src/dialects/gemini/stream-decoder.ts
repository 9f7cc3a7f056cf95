import type { ChatEvent } from "../../chat/event.ts";
import { UpstreamError } from "../../errors.ts";
import type { StreamFrame } from "../../transport/frame.ts";
import type { DecodeOptions, FrameDecoder, Json } from "../dialect.ts";
import { isObject } from "../fields.ts";
import { createAnswerReader } from "./answer-reader.ts";
import { errorInAnswer } from "./errors.ts";
import { dialectId } from "./identity.ts";

/** Reads a streamed answer: every frame is an answer of its own, with the text that is new. */
export const createDecoder = (options: DecodeOptions): FrameDecoder => {
  const { provider } = options;
  const reader = createAnswerReader(options, "stream");

  const decodeData = (data: string): readonly ChatEvent[] => {
    const events = reader.read(parseChunk(data, provider));
    return events.length > 0 ? events : [{ type: "opaque", dialect: dialectId, name: "chunk" }];
  };

  return {
    decode: ({ data }: StreamFrame) =>
      data === undefined ? [{ type: "opaque", dialect: dialectId, name: "comment" }] : decodeData(data),
    end: reader.end,
    // The dialect has no end mark: a signature or grounding may follow the finish reason until the stream closes.
    ended: () => false,
  };
};

const parseChunk = (data: string, provider: string): Json => {
  let chunk: unknown;
  try {
    chunk = JSON.parse(data);
  } catch (cause) {
    throw new UpstreamError("upstream_stream_invalid", `${provider} sent a stream event that is not JSON.`, {
      provider,
      cause,
    });
  }
  const error = errorInAnswer(chunk, provider);
  if (error !== undefined) throw error;
  if (isObject(chunk)) return chunk;
  throw new UpstreamError("upstream_stream_invalid", `${provider} sent a stream event that is not an object.`, {
    provider,
  });
};
