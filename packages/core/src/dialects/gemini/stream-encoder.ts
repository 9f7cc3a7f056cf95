import type { ChatEvent, EventBatch, Frame, OpaqueEvent, ReplyStart } from "../../chat/event.ts";
import { intactFrame } from "../../chat/frame.ts";
import type { Usage } from "../../chat/usage.ts";
import type { EncodeOptions, EventEncoder } from "../dialect.ts";
import { isObject } from "../fields.ts";
import { createArraySink, createEventSink, type ChunkSink } from "./chunk-sink.ts";
import { tellsThoughts } from "./encode-parts.ts";
import { encodeHead, isBlockedPrompt, ownAnswerFields, writeAnswer } from "./encode-reply.ts";
import { encodeError } from "./errors.ts";
import { announcedEnd, dialectId } from "./identity.ts";
import { passes } from "./passes.ts";
import { createStreamCandidate, type StreamCandidate } from "./stream-candidate.ts";
import { encodeUsage } from "./usage.ts";

/** Writes a stream as server-sent events. */
export const createEventEncoder = (options: EncodeOptions): EventEncoder => createEncoder(options, createEventSink());

/** Writes a stream as one JSON array. */
export const createArrayEncoder = (options: EncodeOptions): EventEncoder => createEncoder(options, createArraySink());

/** Whether something that only one dialect can say, all in all, can be said here. */
const isSaid = (event: OpaqueEvent): boolean =>
  event.dialect === dialectId
    ? isObject(event.value) && announcedEnd(event) === undefined
    : event.completes?.part.image !== undefined;

/**
 * Writes one streamed answer: frames nobody touched as they came, the rest as chunks of the same stream. How it ended is
 * told last, when it has come to its proper end.
 */
const createEncoder = (options: EncodeOptions, sink: ChunkSink): EventEncoder => {
  const { request } = options;
  const thoughts = tellsThoughts(request);
  const candidates = new Map<number, StreamCandidate>();
  let start: ReplyStart = { type: "reply-start" };
  let startPassed = false;
  let usage: Usage | undefined;
  // From the frame on that tells a finish reason. A stage may still have something to say before that.
  let held: Frame[] = [];

  const candidateAt = (index: number): StreamCandidate => {
    let candidate = candidates.get(index);
    if (candidate === undefined) {
      candidate = createStreamCandidate(index, thoughts);
      candidates.set(index, candidate);
    }
    return candidate;
  };

  const passFrame = (frame: Frame): void => {
    for (const event of frame.events) {
      if (event.type === "reply-start") {
        start = event;
        startPassed = true;
        // It says later than anything held back what there is to say.
      } else if (event.type === "usage") usage = undefined;
    }
    sink.pass(frame.bytes);
  };

  const writeContent = (event: ChatEvent, index: number): void => {
    const candidate = candidateAt(index).write(event);
    if (candidate !== undefined) sink.write(writeAnswer([candidate], encodeHead(start, options)));
  };

  const writeEvent = (event: ChatEvent): void => {
    switch (event.type) {
      case "reply-start":
        start = event;
        return;
      case "usage":
        ({ usage } = event);
        return;
      case "opaque":
        if (!isSaid(event)) return;
        release();
        return writeContent(event, event.completes?.choice ?? 0);
      case "citation":
      case "reply-end":
        return writeContent(event, event.choice);
      default:
        release();
        return writeContent(event, event.choice);
    }
  };

  /** Writes anew what was held: what it says of the end does not hold any more. */
  const release = (): void => {
    const frames = held;
    held = [];
    for (const { events } of frames) for (const event of events) writeEvent(event);
  };

  /** The candidates that were told to end, as the frames at hand say it. */
  const announced = (): ReadonlyMap<number, string> =>
    new Map(held.flatMap(({ events }) => events.map(announcedEnd)).filter((end) => end !== undefined));

  const writeEnd = (): void => {
    const ended = announced();
    if ([...ended].some(([index, reason]) => candidates.get(index)?.end()?.nativeFinishReason !== reason)) release();
    const told = held.length === 0 ? new Map() : ended;
    for (const frame of held) passFrame(frame);
    const open = [...candidates].filter(([index]) => !told.has(index)).map(([, candidate]) => candidate);
    const feedback = startPassed ? {} : ownAnswerFields(start.extras);
    const last = isBlockedPrompt(start.extras, open[0]?.end()?.nativeFinishReason) ? [] : open;
    const rest = {
      ...feedback,
      ...(usage === undefined ? {} : { usageMetadata: encodeUsage(usage, start.serviceTier) }),
    };
    if (last.length === 0 && Object.keys(rest).length === 0) return;
    const ends = last.map((candidate) => candidate.writeEnd());
    sink.write(writeAnswer(ends, { ...rest, ...encodeHead(start, options) }));
  };

  return {
    encode: (batch: EventBatch) => {
      for (let index = 0; index < batch.length;) {
        const frame = intactFrame(batch, index, dialectId, "stream");
        if (frame !== undefined && passes(frame.events, request)) {
          if (held.length > 0 || frame.events.some((event) => announcedEnd(event) !== undefined)) held.push(frame);
          else passFrame(frame);
          index += frame.events.length;
          continue;
        }
        const event = batch[index++];
        if (event !== undefined) writeEvent(event);
      }
      return sink.take();
    },
    end: () => {
      writeEnd();
      const last = sink.take();
      const ending = sink.ending();
      if (ending === "") return last;
      return Buffer.concat([Buffer.from(last), Buffer.from(ending)]);
    },
    fail: (error) => {
      sink.write(encodeError(error));
      const last = sink.take();
      return Buffer.from(last).toString() + sink.ending();
    },
  };
};
