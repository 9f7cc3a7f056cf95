import { context as active, type Context as OtelContext } from "@opentelemetry/api";
import type { EventBatch } from "../chat/event.ts";
import { pull, type Pulled } from "../chat/pull.ts";
import type { BatchSource } from "../chat/reply.ts";
import { UpstreamError } from "../errors.ts";
import type { RequestTelemetry } from "./request-telemetry.ts";
import type { StageSpan } from "./stage-span.ts";

/** A stage's part in a stream: from the first batch that comes to it, counting only the time it works itself. */
export class StreamWork {
  readonly #request: RequestTelemetry;
  readonly #span: StageSpan;
  /** The stage's own, while it has a part in the stream. */
  #context: OtelContext | undefined;
  #isOver = false;
  #busyMs = 0;
  /** Since when the stage works; `undefined` while it waits for somebody else. */
  #since: number | undefined;
  #chunksIn = 0;
  #chunksOut = 0;
  /** Why it gave up what came to it. */
  #own: unknown;
  /** What it can only hand on: a failure inside it, or the wish of somebody outside. */
  #passing: unknown;

  constructor(request: RequestTelemetry, span: StageSpan) {
    this.#request = request;
    this.#span = span;
  }

  /** Asks the stage for its next batch, with its span as the active one. */
  ask(source: BatchSource): Pulled<EventBatch> {
    if (this.#isOver) return pull(source);
    if (this.#context === undefined) {
      this.#span.startStream();
      this.#context = this.#span.otelContext();
    }
    this.resume();
    return active.with(this.#context, () => pull(source));
  }

  /** The stage gave a batch, or the end. */
  gave(result: IteratorResult<EventBatch>): IteratorResult<EventBatch> {
    this.pause();
    if (result.done !== true) this.#chunksOut++;
    return result;
  }

  /** A batch comes to the stage, or the end. */
  came(result: IteratorResult<EventBatch>): IteratorResult<EventBatch> {
    this.resume();
    if (result.done !== true) this.#chunksIn++;
    return result;
  }

  /** What comes to the stage was left. */
  innerLeft(error: unknown): void {
    if (error !== this.#own) this.#passing = error;
  }

  /** The stage gives up what comes to it. */
  giveUp(error: unknown): void {
    if (error === this.#passing) return;
    this.#own = error;
    // A stage may also find that what the provider says makes no sense.
    if (!(error instanceof UpstreamError)) this.#request.letGo(error);
  }

  /** Somebody outside gives up what the stage gives. */
  givenUp(error: unknown): void {
    this.#passing = error;
  }

  /** @param error Why the stage's reply failed, where it did. */
  end(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.pause();
    if (this.#context === undefined) return;
    this.#span.endStream(this.#busyMs, this.#chunksIn, this.#chunksOut, error === this.#passing ? undefined : error);
  }

  /** The stage works on. */
  resume(): void {
    if (!this.#isOver) this.#since ??= this.#request.parts.clock.now();
  }

  /** The stage waits for somebody else. */
  pause(): void {
    if (this.#since === undefined) return;
    this.#busyMs += this.#request.parts.clock.now() - this.#since;
    this.#since = undefined;
  }
}
