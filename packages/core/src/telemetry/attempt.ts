import { SpanKind, trace, type Context as OtelContext, type Span } from "@opentelemetry/api";
import type { EventBatch } from "../chat/event.ts";
import type { Finish } from "../chat/finish.ts";
import { GatewayError } from "../errors.ts";
import { addressAttributes, type AttemptFacts } from "./call-facts.ts";
import { ChunkTimes } from "./chunk-times.ts";
import { errorType } from "./error-type.ts";
import { fail } from "./fail.ts";
import type { Inference } from "./inference.ts";
import type { TelemetryParts } from "./parts.ts";
import { headersFor } from "./propagation.ts";
import { endSpan, startSpan } from "./safe-span.ts";
import { attribute } from "./semconv.ts";

/** One provider call. */
export class Attempt {
  /** Headers that tell the provider of the trace; none for most. */
  readonly headers: Readonly<Record<string, string>>;
  /** With its span as the active one. */
  readonly otelContext: OtelContext;
  readonly #parts: TelemetryParts;
  readonly #facts: AttemptFacts;
  readonly #inference: Inference;
  readonly #chunks: ChunkTimes;
  readonly #span: Span;
  #status: number | undefined;
  #letGo: unknown;
  #ended = false;

  constructor(parts: TelemetryParts, facts: AttemptFacts, inference: Inference, gatewayContext: OtelContext) {
    const { url, delayMs } = facts;
    this.#parts = parts;
    this.#facts = facts;
    this.#inference = inference;
    this.#chunks = new ChunkTimes(parts.clock);
    this.#span = startSpan(
      parts.tracer,
      "POST",
      {
        kind: SpanKind.CLIENT,
        attributes: {
          [attribute.httpMethod]: "POST",
          // Without its query, which may hold a key.
          [attribute.urlFull]: url.origin + url.pathname,
          ...addressAttributes(url),
          ...(inference.sends === 0 ? {} : { [attribute.httpResendCount]: inference.sends }),
          ...(delayMs === undefined ? {} : { [attribute.retryDelay]: delayMs / 1000 }),
        },
      },
      trace.setSpan(gatewayContext, inference.span),
    );
    inference.sends++;
    this.otelContext = trace.setSpan(gatewayContext, this.#span);
    this.headers = headersFor(url.hostname, this.otelContext, parts.settings);
  }

  answered(status: number, upstreamRequestId: string | undefined): void {
    if (this.#ended) return;
    this.#status = status;
    this.#span.setAttribute(attribute.httpStatus, status);
    if (upstreamRequestId !== undefined) this.#span.setAttribute(attribute.upstreamRequestId, upstreamRequestId);
  }

  /** What one read of the answer brought. */
  batch(batch: EventBatch): void {
    this.#inference.batch(batch, this.#chunks.came(batch));
  }

  /** From now on the call is the one that is answered. */
  firstContent(): void {
    this.#inference.firstContent(this.#chunks.first);
  }

  /** The call failed before its answer began. */
  failed(error: unknown): void {
    if (this.#ended) return;
    this.#inference.lastError = error;
    if (GatewayError.is(error) && error.retryAfterMs !== undefined) {
      this.#span.setAttribute(attribute.retryAfter, error.retryAfterMs / 1000);
    }
    this.#end(error);
  }

  /** The answer was left. */
  finished({ error }: Finish): void {
    const cause = error === this.#letGo ? undefined : error;
    this.#end(cause);
    this.#inference.left(cause);
  }

  /** A stage failed and gives the answer up: the provider has no part in that. */
  letGo(error: unknown): void {
    this.#letGo = error;
  }

  /** The request is over, whatever the transport still does. */
  abandon(error: unknown): void {
    this.#end(error);
  }

  #end(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    if (error !== undefined) fail(this.#span, error);
    endSpan(this.#span);
    const { metrics } = this.#parts;
    if (!metrics.enabled()) return;
    const { target } = this.#facts;
    metrics.attempt({
      target,
      reason: this.#inference.reason,
      status: this.#status,
      errorType: error === undefined ? undefined : errorType(error),
    });
  }
}
