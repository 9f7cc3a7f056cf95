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
  /** Where it stands in the chunk it came with: only if it came whole, and the chunk holds nothing but ASCII. */
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

/** Cuts one stream into frames. The frames do not depend on how the bytes were chunked. */
export interface FrameParser<Frame extends StreamFrame = StreamFrame> {
  /**
   * The frames that this chunk completed.
   *
   * @throws UpstreamError for what can not be a frame (`upstream_response_too_large`, `upstream_stream_invalid`), after
   * the frames before it were given.
   */
  readonly push: (chunk: Uint8Array) => Frame[];
  /** What is left when the stream is over, though nothing ended it. Throws as `push` does. */
  readonly end: () => Frame[];
}
