import type { Chunk } from "../chat/chunk.ts";
import type { FramePlace } from "../chat/event.ts";

/** One unit of a provider's stream, as its framing delimits it. */
export interface StreamFrame {
  /** What the framing calls it; `undefined` where it says nothing. */
  readonly event?: string | undefined;
  /** What it holds; `undefined` for frames without data (comments, blank lines). */
  readonly data?: string | undefined;
  /** The framing itself marks it as a failure; `event` is then the failure's kind. */
  readonly failure?: true;
  /** Exactly what came, its terminator included, so that it can be sent on as it is. */
  readonly raw: string | Uint8Array;
  /** Where it stands among the bytes it came with. */
  readonly place?: FramePlace | undefined;
}

export interface FrameParserOptions {
  /**
   * Largest frame in UTF-8 bytes, its terminator included.
   *
   * @default 1 MiB
   */
  readonly maxFrameBytes?: number;
}

/** Where a parser's frames go, one by one in their order. What it throws is thrown by `push` and `end`. */
export interface FrameSink<Frame extends StreamFrame = StreamFrame> {
  readonly take: (frame: Frame) => void;
  /**
   * Takes the frames that begin at `start` of a chunk by itself, as many as it knows without their being taken apart.
   * All of them must stand in the chunk whole.
   *
   * @returns where the first frame begins that is not taken; `start` where none is.
   */
  readonly takeRun?: (chunk: Chunk, start: number) => number;
}

/** Cuts one stream into frames. The frames do not depend on how the bytes were chunked. */
export interface FrameParser<Frame extends StreamFrame = StreamFrame> {
  /**
   * Gives the sink the frames that this chunk completed.
   *
   * @throws UpstreamError for what can not be a frame (`upstream_response_too_large`, `upstream_stream_invalid`), after
   * the frames before it were given; nothing may be pushed after that.
   */
  readonly push: (chunk: Uint8Array, sink: FrameSink<Frame>) => void;
  /** Gives what is left when the stream is over, though nothing ended it. Throws as `push` does. */
  readonly end: (sink: FrameSink<Frame>) => void;
}
