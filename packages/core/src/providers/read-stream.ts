import type { Chunk } from "../chat/chunk.ts";
import { isContent, type ChatEvent, type EventBatch, type FrameBytes } from "../chat/event.ts";
import { FrameRun, withFrame } from "../chat/frame.ts";
import { promised, pull, type Pulled, type Source } from "../chat/pull.ts";
import type { BatchSource } from "../chat/reply.ts";
import type { FrameDecoder } from "../dialects/dialect.ts";
import { GatewayError, UpstreamError } from "../errors.ts";
import type { Clock, Timer } from "../pipeline/clock.ts";
import type { FrameParser, FrameSink, StreamFrame } from "../transport/frame.ts";
import type { Framing } from "../transport/framing.ts";
import type { Watchdog } from "./watchdog.ts";

export interface StreamSource {
  readonly provider: string;
  readonly dialect: string;
  readonly body: Source<Uint8Array>;
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
export const readStream = (source: StreamSource): Required<Pick<BatchSource, "pull" | "next" | "return">> =>
  new StreamReader(source);

const over: IteratorResult<EventBatch> = { done: true, value: undefined };

/** A class because there is one for each streamed answer: its closures would be made each time. */
class StreamReader implements BatchSource, FrameSink {
  readonly #source: StreamSource;
  readonly #parser: FrameParser;
  #bytes = 0;
  #hasContent = false;
  #isOver = false;
  #failure: { readonly reason: unknown } | undefined;
  /** What the read that is looked at has brought so far. */
  #batch: ChatEvent[] = [];
  /** The frames that come now lack their own ending. */
  #isUnended = false;

  constructor(source: StreamSource) {
    this.#source = source;
    this.#parser = source.framing.createParser();
  }

  pull(): Pulled<EventBatch> {
    if (this.#failure !== undefined) {
      this.#close();
      throw this.#failure.reason;
    }
    if (this.#isOver) return over;
    this.#source.watchdog.waiting();
    let pulled: Pulled<Uint8Array>;
    try {
      pulled = pull(this.#source.body);
    } catch (error) {
      return this.#failed(error);
    }
    return pulled instanceof Promise ? pulled.then(this.#received, this.#failed) : this.#received(pulled);
  }

  next(): Promise<IteratorResult<EventBatch>> {
    return promised(this);
  }

  return(): Promise<IteratorResult<EventBatch>> {
    if (!this.#isOver) this.#close();
    return Promise.resolve(over);
  }

  take(frame: StreamFrame): void {
    const { decoder, dialect, framing } = this.#source;
    // Whatever comes after the end mark is no part of the answer.
    if (decoder.ended()) return;
    const decoded = decoder.decode(frame);
    if (decoder.broken?.() !== true) {
      withFrame(dialect, "stream", this.#isUnended ? endedBy(framing.terminator, frame) : frame, decoded);
    }
    this.#add(decoded);
  }

  takeRun(chunk: Chunk, start: number): number {
    const { decoder, dialect } = this.#source;
    if (decoder.readRun === undefined || decoder.ended()) return start;
    const run = new FrameRun(dialect, chunk, start);
    const end = decoder.readRun(run);
    const { events } = run;
    const [first] = events;
    if (first === undefined) return start;
    this.#hasContent ||= isContent(first);
    // So many at once are cheaper than a list that grows with each of them; a few are cheaper than a new list.
    if (events.length > this.#batch.length) this.#batch = this.#batch.concat(events);
    else for (const event of events) this.#batch.push(event);
    return end;
  }

  #add(events: readonly ChatEvent[]): void {
    for (const event of events) {
      this.#batch.push(event);
      if (!this.#hasContent && isContent(event)) this.#hasContent = true;
    }
  }

  /** What a network read brought, as a batch; where that is nothing, what the next one brings. */
  readonly #received = (result: IteratorResult<Uint8Array>): Pulled<EventBatch> => {
    const { watchdog, onBatch } = this.#source;
    watchdog.received();
    this.#batch = [];
    try {
      if (result.done === true) this.#decodeEnd();
      else this.#decodeChunk(result.value);
    } catch (reason) {
      // What was decoded before a failure is still delivered; the failure comes after it.
      this.#failure = { reason };
    }
    const batch = this.#batch;
    if (batch.length === 0) return this.pull();
    if (this.#hasContent) watchdog.content();
    onBatch?.(batch);
    return { done: false, value: batch };
  };

  #decodeChunk(chunk: Uint8Array): void {
    const { provider, decoder, watchdog, body, clock, maxBytes } = this.#source;
    this.#bytes += chunk.byteLength;
    if (this.#bytes > maxBytes) {
      throw new UpstreamError("upstream_response_too_large", `${provider} sent more than a stream may hold.`, {
        provider,
      });
    }
    this.#parser.push(chunk, this);
    if (!decoder.ended()) return;
    this.#isOver = true;
    watchdog.stop();
    void drain(body, clock);
    this.#add(decoder.end());
  }

  #decodeEnd(): void {
    this.#isOver = true;
    this.#source.watchdog.stop();
    this.#isUnended = true;
    this.#parser.end(this);
    this.#add(this.#source.decoder.end());
  }

  readonly #failed = (error: unknown): never => {
    this.#source.watchdog.received();
    this.#close();
    throw brokenStream(error, this.#source.provider, this.#hasContent);
  };

  #close(): void {
    this.#isOver = true;
    this.#source.watchdog.stop();
    void this.#source.body.return?.().catch(() => undefined);
  }
}

const endedBy = (ending: string, { raw }: StreamFrame): FrameBytes =>
  typeof raw === "string" ? { raw: raw + ending } : { raw };

/** After the end mark nothing that comes can change the answer any more: neither data nor a failure. */
const drain = async (body: Source<Uint8Array>, clock: Clock): Promise<void> => {
  const giveUp = (): void => void body.return?.().catch(() => undefined);
  let timer: Timer | undefined;
  try {
    for (let reads = 0; reads < readsAfterEnd; reads++) {
      const pulled = pull(body);
      if (pulled instanceof Promise) timer ??= clock.timer(msAfterEnd, giveUp);
      const result = pulled instanceof Promise ? await pulled : pulled;
      if (result.done === true) return;
    }
    giveUp();
  } catch {
    // See above.
  } finally {
    timer?.cancel();
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
