import type { ChatEvent } from "../../chat/event.ts";
import { UpstreamError } from "../../errors.ts";
import type { StreamFrame } from "../../transport/frame.ts";
import type { DecodeOptions, FrameDecoder, Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn, stringIn } from "../fields.ts";
import { throwError, throwIfError } from "../openai-errors.ts";
import { blockOf, isPartIndex, rawBlockOf } from "./blocks.ts";
import { completedItem, opaque, readStart } from "./decode-reply.ts";
import { readEnd } from "./endings.ts";
import { readPart, type StatedText, type TextKind } from "./output-item.ts";
import { createOutputReader } from "./output-reader.ts";
import { readUsage } from "./usage.ts";

/** Which text the events of a type speak of: whether a piece of it or all of it, and where its place is told. */
const textEvents: ReadonlyMap<string, readonly [kind: TextKind, place: string, whole: boolean]> = new Map([
  ["response.output_text.delta", ["text", "content_index", false]],
  ["response.output_text.done", ["text", "content_index", true]],
  ["response.refusal.delta", ["refusal", "content_index", false]],
  ["response.refusal.done", ["refusal", "content_index", true]],
  ["response.reasoning_summary_text.delta", ["summary", "summary_index", false]],
  ["response.reasoning_summary_text.done", ["summary", "summary_index", true]],
  ["response.reasoning_text.delta", ["raw", "content_index", false]],
  ["response.reasoning_text.done", ["raw", "content_index", true]],
]);

/** Events that some servers have and the dialect has not: its clients fail on what they do not know. */
const foreignEvents: ReadonlySet<string> = new Set(["response.reasoning_part.added", "response.reasoning_part.done"]);

/** Reads one streamed answer. Frames that say how the output is built stay with their meaning as `opaque` events. */
export const createDecoder = (options: DecodeOptions): FrameDecoder => {
  const { provider } = options;
  const reader = createOutputReader(options, "upstream_stream_invalid");
  let started = false;
  let done = false;
  let broken = false;

  const invalid = (what: string, cause?: unknown): UpstreamError =>
    new UpstreamError("upstream_stream_invalid", `${provider} sent ${what}.`, { provider, cause });

  const parse = (data: string): Json => {
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch (cause) {
      throw invalid("an event that is no JSON", cause);
    }
    if (!isObject(value)) throw invalid("an event that is no JSON object");
    return value;
  };

  const start = (response: Json): readonly ChatEvent[] => {
    if (started) return [];
    started = true;
    return [readStart(response)];
  };

  /** The item an event speaks of. */
  const placeOf = (value: Json): number => {
    const index = value["output_index"];
    if (Number.isSafeInteger(index) && Number(index) >= 0) return Number(index);
    const place = reader.placeOf(stringIn(value, "item_id") ?? "");
    if (place === undefined) throw invalid("an event of an item that it never began");
    return place;
  };

  const partIndex = (value: unknown): number => {
    if (value === undefined) return 0;
    if (!isPartIndex(value)) throw invalid("a part with a number that cannot be");
    return value;
  };

  const textOf = (value: Json, field: string): string => {
    const text = stringIn(value, field);
    if (text === undefined) throw invalid("a piece of an answer without its text");
    return text;
  };

  const readText = (
    type: string,
    value: Json,
    [kind, placeField, isWhole]: readonly [TextKind, string, boolean],
  ): readonly ChatEvent[] => {
    const item = placeOf(value);
    const part = partIndex(value[placeField]);
    const block = kind === "raw" ? rawBlockOf(item, part) : blockOf(item, part);
    const logprobs = kind === "text" ? arrayIn(value, "logprobs") : [];
    const piece: StatedText = {
      kind,
      block,
      text: textOf(value, isWhole ? (kind === "refusal" ? "refusal" : "text") : "delta"),
      annotations: [],
      ...(logprobs.length === 0 ? {} : { logprobs }),
    };
    return isWhole ? [opaque(type, value), ...reader.wholeText(piece, item)] : reader.text(piece, item);
  };

  const readPartFrame = (value: Json): readonly ChatEvent[] => {
    const item = placeOf(value);
    const part = objectIn(value, "part");
    const stated =
      part === undefined
        ? undefined
        : readPart(part, item, partIndex(value["content_index"] ?? value["summary_index"]));
    return stated === undefined ? [] : reader.wholeText(stated, item);
  };

  const readItem = (value: Json, isDone: boolean): readonly ChatEvent[] => {
    const item = objectIn(value, "item");
    if (item === undefined) throw invalid("an item that is no object");
    const place = placeOf(value);
    return isDone ? reader.finish(item, place) : reader.settle(item, place);
  };

  const finish = (value: Json): readonly ChatEvent[] => {
    const response = objectIn(value, "response");
    if (response === undefined) throw invalid("an end without its response");
    throwIfError(response, provider);
    const events = [...start(response)];
    if (!reader.hasItems()) {
      arrayIn(response, "output").forEach((item, index) => {
        if (isObject(item)) events.push(...reader.finish(item, index));
      });
    }
    events.push(...reader.end());
    const usage = readUsage(response["usage"]);
    if (usage !== undefined) events.push({ type: "usage", usage });
    events.push(readEnd(response, reader.callCount() > 0, provider));
    done = true;
    return events;
  };

  const read = (type: string, value: Json): readonly ChatEvent[] => {
    const text = textEvents.get(type);
    if (text !== undefined) return readText(type, value, text);
    switch (type) {
      case "response.created":
      case "response.in_progress":
      case "response.queued": {
        const events = start(objectIn(value, "response") ?? {});
        return events.length > 0 ? events : [opaque(type, value)];
      }
      case "response.output_item.added":
        return [opaque(type, value), ...readItem(value, false)];
      case "response.output_item.done": {
        const events = readItem(value, true);
        const item = objectIn(value, "item") ?? {};
        return [
          reader.isOwn(item) ? { ...opaque(type, value), completes: completedItem(item) } : opaque(type, value),
          ...events,
        ];
      }
      case "response.content_part.added":
      case "response.content_part.done":
      case "response.reasoning_summary_part.added":
      case "response.reasoning_summary_part.done":
      case "response.reasoning_part.added":
      case "response.reasoning_part.done":
        return [opaque(type, value), ...readPartFrame(value)];
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta": {
        const events = reader.argumentsPiece(textOf(value, "delta"), placeOf(value));
        return events.length > 0 ? events : [opaque(type, value)];
      }
      case "response.function_call_arguments.done":
        return [opaque(type, value), ...reader.wholeArguments(textOf(value, "arguments"), placeOf(value))];
      case "response.custom_tool_call_input.done":
        return [opaque(type, value), ...reader.wholeArguments(textOf(value, "input"), placeOf(value))];
      case "response.output_text.annotation.added": {
        const annotation = objectIn(value, "annotation");
        if (annotation === undefined) return [opaque(type, value)];
        const item = placeOf(value);
        return reader.annotation(annotation, blockOf(item, partIndex(value["content_index"])), item);
      }
      case "response.completed":
      case "response.incomplete":
      case "response.cancelled":
        return [opaque(type, value), ...finish(value)];
      case "response.failed":
        return throwError(objectIn(value, "response") ?? value, provider);
      case "error":
        return throwError(value, provider);
      default:
        throwIfError(value, provider);
        return [opaque(type, value)];
    }
  };

  return {
    decode: ({ data, event }: StreamFrame) => {
      broken = false;
      const text = data?.trim();
      if (data === undefined || text === "") return [opaque("comment")];
      if (done) return [opaque("after-end")];
      if (text === "[DONE]") return [opaque("done")];
      const value = parse(data);
      const type = stringIn(value, "type") ?? event ?? "";
      broken = foreignEvents.has(type);
      return read(type, value);
    },
    end: () => {
      if (done) return [];
      throw new UpstreamError("upstream_stream_truncated", `${provider} broke off in the middle of its answer.`, {
        provider,
      });
    },
    ended: () => done,
    broken: () => broken,
  };
};
