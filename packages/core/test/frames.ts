import type { FrameParser, StreamFrame } from "../src/transport/frame.ts";

/** The frames that a chunk completes. */
export const push = <Frame extends StreamFrame>(parser: FrameParser<Frame>, chunk: string | Uint8Array): Frame[] => {
  const frames: Frame[] = [];
  parser.push(Buffer.from(chunk), { take: (frame) => void frames.push(frame) });
  return frames;
};

/** What is left at the end of a stream. */
export const finish = <Frame extends StreamFrame>(parser: FrameParser<Frame>): Frame[] => {
  const frames: Frame[] = [];
  parser.end({ take: (frame) => void frames.push(frame) });
  return frames;
};

/** All frames of a stream that came in these chunks. */
export const framesOf = <Frame extends StreamFrame>(
  parser: FrameParser<Frame>,
  ...chunks: readonly (string | Uint8Array)[]
): Frame[] => [...chunks.flatMap((chunk) => push(parser, chunk)), ...finish(parser)];
