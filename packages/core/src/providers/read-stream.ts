import { isContent, withFrame, type ChatEvent, type EventBatch, type FrameBytes } from "../chat/event.ts";
import type { BatchSource, Pulled } from "../chat/reply.ts";
import type { FrameDecoder } from "../dialects/dialect.ts";
import { GatewayError, UpstreamError } from "../errors.ts";
import type { Clock } from "../pipeline/clock.ts";
import type { StreamFrame } from "../transport/frame.ts";
import type { Framing } from "../transport/framing.ts";
import type { Watchdog } from "./watchdog.ts";

export interface StreamSource {
  readonly provider: string;
  readonly dialect: string;
  readonly body: AsyncIterator<Uint8Array>;
  readonly framing: Framing;
  readonly decoder: FrameDecoder;
  readonly watchdog: Watchdog;
  readonly clock: Clock;
  readonly maxBytes: number;
  /** Shows each batch once, before anybody else sees it. */
  readonly onBatch?: (batch: EventBatch) => void;
}

// A provider that has said it is done gets this much more to close its answer, so that the connection can serve the next
// call; after that it is closed.
const readsAfterEnd = 4;
const msAfterEnd = 1_000;

/** Reads a provider's stream as event batches: one for each network read that brought something. */
export const readStream = (source: StreamSource): Required<Pick<BatchSource, "pull" | "next" | "return">> => {
  const { body, framing, decoder, watchdog, provider } = source;
  const parser = framing.createParser();
  let bytes = 0;
  let hasContent = false;
  let over = false;
  let failure: unknown;

  /** @param ending What the frames lack of theirs. */
  const decodeFrames = (frames: readonly StreamFrame[], batch: ChatEvent[], ending = ""): void => {
    for (const frame of frames) {
      if (decoder.ended()) return;
      const decoded = decoder.decode(frame);
      if (decoder.broken?.() !== true) {
        withFrame(source.dialect, "stream", ending === "" ? frame : endedBy(ending, frame), decoded);
      }
      for (const event of decoded) {
        batch.push(event);
        if (!hasContent && isContent(event)) hasContent = true;
      }
    }
  };

  /** The events of one read. What was decoded before a failure is still delivered; the failure comes after it. */
  const decodeChunk = (chunk: Uint8Array): ChatEvent[] => {
    const batch: ChatEvent[] = [];
    try {
      bytes += chunk.byteLength;
      if (bytes > source.maxBytes) {
        throw new UpstreamError("upstream_response_too_large", `${provider} sent more than a stream may hold.`, {
          provider,
        });
      }
      decodeFrames(parser.push(chunk), batch);
    } catch (error) {
      failure = error;
    }
    return batch;
  };

  const decodeEnd = (): ChatEvent[] => {
    over = true;
    const batch: ChatEvent[] = [];
    try {
      decodeFrames(parser.end(), batch, framing.terminator);
      batch.push(...decoder.end());
    } catch (error) {
      failure = error;
    }
    return batch;
  };

  const close = (): void => {
    over = true;
    watchdog.stop();
    void body.return?.().catch(() => undefined);
  };

  const failed = (error: unknown): never => {
    watchdog.received();
    close();
    throw brokenStream(error, provider, hasContent);
  };

  /** What a network read brought, as a batch; where that is nothing, what the next one brings. */
  const received = (result: IteratorResult<Uint8Array>): Pulled => {
    watchdog.received();
    const batch = result.done === true ? decodeEnd() : decodeChunk(result.value);
    if (decoder.ended() && result.done !== true && failure === undefined) {
      try {
        batch.push(...decoder.end());
      } catch (error) {
        failure = error;
      }
      over = true;
      watchdog.stop();
      void drain(body, source.clock);
    }
    if (result.done === true) watchdog.stop();
    if (batch.length === 0) return pull();
    if (hasContent) watchdog.content();
    source.onBatch?.(batch);
    return { done: false, value: batch };
  };

  const pull = (): Pulled => {
    if (failure !== undefined) {
      const error = failure;
      close();
      throw error;
    }
    if (over) return { done: true, value: undefined };
    watchdog.waiting();
    return body.next().then(received, failed);
  };

  return {
    pull,
    next: async () => pull(),
    return: () => {
      if (!over) close();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
};

const endedBy = (ending: string, { raw }: StreamFrame): FrameBytes =>
  typeof raw === "string" ? { raw: raw + ending } : { raw };

/** After the end mark nothing that comes can change the answer any more: neither data nor a failure. */
const drain = async (body: AsyncIterator<Uint8Array>, clock: Clock): Promise<void> => {
  const giveUp = (): void => void body.return?.().catch(() => undefined);
  const timer = clock.timer(msAfterEnd, giveUp);
  try {
    for (let reads = 0; reads < readsAfterEnd; reads++) if ((await body.next()).done === true) return;
    giveUp();
  } catch {
    // See above.
  } finally {
    timer.cancel();
  }
};

/** A connection that breaks once content has come is a cut stream, whatever the socket called it. */
const brokenStream = (error: unknown, provider: string, hasContent: boolean): unknown =>
  hasContent && GatewayError.is(error) && (error.code === "upstream_reset" || error.code === "upstream_unreachable")
    ? new UpstreamError("upstream_stream_truncated", `${provider} broke off in the middle of its answer.`, {
        provider,
        cause: error,
      })
    : error;
