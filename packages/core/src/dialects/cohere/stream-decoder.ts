import type { ChatEvent } from "../../chat/event.ts";
import { UpstreamError } from "../../errors.ts";
import type { StreamFrame } from "../../transport/frame.ts";
import type { DecodeOptions, FrameDecoder, Json } from "../dialect.ts";
import { isObject, objectIn, stringIn } from "../fields.ts";
import { createAnswerReader } from "./answer-reader.ts";
import { invalidIn } from "../invalid-answer.ts";
import { throwError } from "./errors.ts";
import { dialectId } from "./identity.ts";

/** Reads a streamed answer. Where a whole answer has lists, its events have one object and the place of it. */
export const createDecoder = ({ provider }: DecodeOptions): FrameDecoder => {
  const invalid = invalidIn(provider, "upstream_stream_invalid");
  const reader = createAnswerReader(provider, invalid);
  let ended = false;

  const parse = (data: string): Json => {
    let event: unknown;
    try {
      event = JSON.parse(data);
    } catch (cause) {
      throw new UpstreamError("upstream_stream_invalid", `${provider} sent a stream event that is not JSON.`, {
        provider,
        cause,
      });
    }
    if (!isObject(event)) throw invalid("a stream event that is not an object");
    return event;
  };

  const objectAt = (message: Json, name: string): Json => {
    const value = message[name];
    if (!isObject(value)) throw invalid(`an event without \`${name}\``);
    return value;
  };
  const indexOf = ({ index }: Json): number => {
    if (typeof index !== "number" || !Number.isSafeInteger(index)) throw invalid("an event without `index`");
    return index;
  };

  const read = (type: string, event: Json): readonly ChatEvent[] => {
    const delta = objectIn(event, "delta") ?? {};
    const message = objectIn(delta, "message") ?? {};
    switch (type) {
      case "message-start":
        return reader.start(event);
      case "tool-plan-delta":
        return reader.plan(message);
      case "content-start":
      case "content-delta":
        return reader.content(indexOf(event), objectAt(message, "content"), event["logprobs"]);
      case "tool-call-start":
        return reader.calls.start(indexOf(event), objectAt(message, "tool_calls"));
      case "tool-call-delta":
        return reader.calls.delta(indexOf(event), objectAt(message, "tool_calls"));
      case "tool-call-end":
        return reader.calls.end(indexOf(event));
      case "citation-start":
        return reader.citation(objectAt(message, "citations"));
      case "message-end": {
        const events = reader.end(delta);
        ended = true;
        return events;
      }
      case "error":
        return throwError(event, provider);
      default:
        return [];
    }
  };

  return {
    decode: ({ data, event: name }: StreamFrame) => {
      if (data === undefined) return [opaque("comment")];
      if (data.trim() === "[DONE]") return [opaque("done")];
      const event = parse(data);
      // What is no event is the body of an error.
      const type = stringIn(event, "type") ?? name ?? "error";
      const events = read(type, event);
      return events.length > 0 ? events : [opaque(type)];
    },
    end: () => {
      if (ended) return [];
      throw new UpstreamError(
        "upstream_stream_truncated",
        `${provider} ended the stream before its answer was complete.`,
        {
          provider,
        },
      );
    },
    ended: () => ended,
  };
};

const opaque = (name: string): ChatEvent => ({ type: "opaque", dialect: dialectId, name });
