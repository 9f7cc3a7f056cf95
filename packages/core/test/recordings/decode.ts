import { createCollector, type CollectedReply } from "../../src/chat/collect.ts";
import type { ChatEvent } from "../../src/chat/event.ts";
import { FrameRun, withFrame } from "../../src/chat/frame.ts";
import type { BackDialect, DecodeOptions } from "../../src/dialects/dialect.ts";
import type { FrameSink } from "../../src/transport/frame.ts";
import { framingOf } from "../../src/transport/framing.ts";
import type { Json, Recording } from "./fixtures.ts";

/** What a decoder is told of an answer to a request of which nothing matters. */
export const decodeOptions = (model = "m"): DecodeOptions => ({
  provider: "acme",
  model,
  quirks: {},
  request: { dialect: "any", model, stream: true, messages: [] },
  requestId: "r1",
});

/**
 * The events of a stream, tied to their frames as a provider call ties them.
 *
 * @param size Bytes that each network read brings. @default all of them
 * @throws UpstreamError where the stream is not complete, or broken.
 */
export const decodeStream = (
  dialect: BackDialect,
  contentType: string | undefined,
  bytes: Uint8Array,
  options: DecodeOptions,
  size: number = bytes.length,
): readonly ChatEvent[] => {
  const framing = framingOf(contentType) ?? framingOf(dialect.streamType);
  if (framing === undefined) throw new Error(`${contentType} is no stream.`);
  const parser = framing.createParser();
  const decoder = dialect.createDecoder(options);
  const events: ChatEvent[] = [];
  const sink = (ending: string): FrameSink => ({
    take: (frame) => {
      if (decoder.ended()) return;
      const decoded = decoder.decode(frame);
      const bytesOf = ending === "" ? frame : { raw: String(frame.raw) + ending };
      if (decoder.broken?.() !== true) withFrame(dialect.id, "stream", bytesOf, decoded);
      events.push(...decoded);
    },
    takeRun: (chunk, start) => {
      if (decoder.readRun === undefined || decoder.ended()) return start;
      const run = new FrameRun(dialect.id, chunk, start);
      const end = decoder.readRun(run);
      events.push(...run.events);
      return end;
    },
  });
  for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size), sink(""));
  parser.end(sink(framing.terminator));
  return [...events, ...decoder.end()];
};

/** The events of a recorded answer. */
export const decodeAnswer = (
  dialect: BackDialect,
  { isStream, headers, body }: Recording,
  options: DecodeOptions,
): readonly ChatEvent[] =>
  isStream
    ? decodeStream(dialect, headers["content-type"], body, options)
    : dialect.decodeReply(JSON.parse(body.toString()) as Json, options);

/** Events folded to one answer. */
export const fold = (events: readonly ChatEvent[]): CollectedReply => {
  const collector = createCollector();
  for (const event of events) collector.push(event);
  return collector.result();
};
