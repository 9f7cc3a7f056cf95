import { isContent, type ChatEvent, type EventBatch } from "../chat/event.ts";
import { withFrame } from "../chat/frame.ts";
import {
  createAbortableReply,
  promised,
  pull,
  type AbortableReply,
  type BatchSource,
  type Pulled,
  type Reply,
} from "../chat/reply.ts";
import type { Target } from "../chat/target.ts";
import type { BackDialect, DecodeOptions } from "../dialects/dialect.ts";
import { isObject } from "../dialects/fields.ts";
import { checkHistoryIsThere } from "../dialects/history-elsewhere.ts";
import { UpstreamError } from "../errors.ts";
import { Cancellation, unlessCancelled } from "../pipeline/cancellation.ts";
import type { Clock } from "../pipeline/clock.ts";
import { requireValue, type Context } from "../pipeline/context.ts";
import type { Attempt } from "../telemetry/attempt.ts";
import { telemetryKey } from "../telemetry/request-telemetry.ts";
import { untraced } from "../telemetry/untraced.ts";
import { framingOf, type Framing } from "../transport/framing.ts";
import type { TransportResponse } from "../transport/transport.ts";
import { CallRequest } from "./call-request.ts";
import { callSettingsKey, type CallSettings } from "./call-settings.ts";
import { calleeOf } from "./callee.ts";
import type { Provider } from "./provider.ts";
import { withMedia } from "./media/with-media.ts";
import { parseLoosely, readBody } from "./read-body.ts";
import { readStream } from "./read-stream.ts";
import { refusal } from "./refusal.ts";
import { Watchdog } from "./watchdog.ts";
import { factsOf } from "./target-facts.ts";
import { credentialOf, droppedKey, writeRequest } from "./write-request.ts";

/**
 * Asks the context's target. The innermost step of the pipeline: resolves when the provider has accepted and the first
 * content is in hand.
 *
 * @throws UpstreamError for everything that goes wrong until then, or the signal's reason.
 */
export const callProvider = async (context: Context): Promise<Reply> => {
  const { request, clock, cancellation } = context;
  const { target, provider, dialect } = calleeOf(context);
  const settings = requireValue(context, callSettingsKey);
  checkHistoryIsThere(request, dialect.id, target.id);

  const credential = credentialOf(provider, clock);
  const sent = withMedia(context, { target, provider, dialect });
  const { url, headers, body } = writeRequest(
    sent instanceof Promise ? await sent : sent,
    target,
    provider,
    dialect,
    typeof credential === "object" ? await unlessCancelled(credential, cancellation) : credential,
    settings.unsupported,
  );
  const trace = startAttempt(context, target, provider, url);
  const sentHeaders = trace === undefined ? headers : { ...headers, ...trace.headers };
  const { id } = provider;
  const call = new Cancellation();
  let reply: AbortableReply | undefined;
  const abort = (reason: unknown): void => {
    call.cancel(reason);
    reply?.abort(reason);
  };
  cancellation.add(abort);
  const expire = (error: UpstreamError): void => call.cancel(error);
  const watchdog = new Watchdog(clock, settings.timeouts, request.stream, provider.id, expire);
  const release = (): void => {
    watchdog.stop();
    cancellation.remove(abort);
  };

  try {
    const send = (): Promise<TransportResponse> =>
      settings.transport.send(new CallRequest(url, sentHeaders, body, call));
    const response = await untraced(send, trace?.otelContext);
    trace?.answered(response.status, requestIdOf(response));
    if (response.status < 200 || response.status >= 300) throw await refusal(response, id, dialect);

    const options: DecodeOptions = { ...factsOf(context, { provider, target }), request, requestId: context.id };
    const answer: Answer = { clock, dialect, settings, options, watchdog, trace };
    const framing =
      framingOf(response.headers["content-type"]) ?? (request.stream ? framingOf(dialect.streamType) : undefined);
    const batches =
      framing !== undefined
        ? await readStreamed(response.body, framing, answer)
        : readWhole(await readBody(response.body, settings.maxResponseBytes, id, watchdog), response.status, answer);
    trace?.firstContent();
    reply = createAbortableReply({ target, batches });
    reply.finished.add((finish) => {
      release();
      trace?.finished(finish);
    });
    if (call.cancelled) reply.abort(call.reason);
    return reply;
  } catch (error) {
    release();
    call.cancel(error);
    trace?.failed(error);
    throw error;
  }
};

/** What reading an answer needs. */
interface Answer {
  readonly clock: Clock;
  readonly dialect: BackDialect;
  readonly settings: CallSettings;
  readonly options: DecodeOptions;
  readonly watchdog: Watchdog;
  readonly trace: Attempt | undefined;
}

const startAttempt = (context: Context, target: Target, provider: Provider, url: string): Attempt | undefined => {
  const telemetry = context.get(telemetryKey);
  if (telemetry === undefined) return undefined;
  const { request, span } = context;
  return telemetry.attempt(
    {
      target,
      providerName: provider.telemetryName,
      request,
      dropped: context.get(droppedKey) ?? [],
      url: new URL(url),
    },
    span,
  );
};

/** What the provider calls this request, under any of the names in use. */
const requestIdOf = ({ headers }: TransportResponse): string | undefined =>
  headers["x-request-id"] ??
  headers["request-id"] ??
  headers["x-amzn-requestid"] ??
  headers["apim-request-id"] ??
  headers["x-debug-trace-id"];

const readStreamed = (body: TransportResponse["body"], framing: Framing, answer: Answer): Promise<BatchSource> => {
  const { clock, dialect, settings, options, watchdog, trace } = answer;
  const source = readStream({
    provider: options.provider,
    dialect: dialect.id,
    body,
    framing,
    decoder: dialect.createDecoder(options),
    watchdog,
    clock,
    maxBytes: settings.maxStreamBytes,
    ...(trace === undefined ? {} : { onBatch: (batch: EventBatch) => trace.batch(batch) }),
  });
  return untilContent(source);
};

const readWhole = (bytes: Buffer, status: number, { dialect, options, watchdog, trace }: Answer): BatchSource => {
  const { provider: id } = options;
  watchdog.stop();
  const body = parseLoosely(bytes);
  if (!isObject(body)) {
    throw new UpstreamError("upstream_invalid_response", `${id} answered with something that is no JSON object.`, {
      provider: id,
      upstreamStatus: status,
    });
  }
  const batch = dialect.decodeReply(body, options);
  if (dialect.isBroken?.(body) !== true) withFrame(dialect.id, "body", { raw: bytes }, batch);
  trace?.batch(batch);
  return new Replay([batch]);
};

/** Reads until there is content, or the answer's proper end: from then on a failure can no longer be hidden. */
const untilContent = async (source: BatchSource): Promise<BatchSource> => {
  const held: EventBatch[] = [];
  for (;;) {
    const pulled = pull(source);
    const result = pulled instanceof Promise ? await pulled : pulled;
    if (result.done !== true) held.push(result.value);
    if (result.done === true || result.value.some(endsWait)) return new Replay(held, source);
  }
};

const endsWait = (event: ChatEvent): boolean => isContent(event) || event.type === "reply-end";

/** The held batches first, then the rest of the source. */
class Replay implements BatchSource {
  readonly #held: readonly EventBatch[];
  readonly #rest: BatchSource | undefined;
  #index = 0;

  constructor(held: readonly EventBatch[], rest?: BatchSource) {
    this.#held = held;
    this.#rest = rest;
  }

  pull(): Pulled {
    const value = this.#held[this.#index];
    if (value === undefined) return this.#rest === undefined ? over : pull(this.#rest);
    this.#index++;
    return { done: false, value };
  }

  next(): Promise<IteratorResult<EventBatch>> {
    return promised(this);
  }

  return(): Promise<IteratorResult<EventBatch>> {
    this.#index = this.#held.length;
    return this.#rest?.return?.() ?? Promise.resolve(over);
  }
}

const over: IteratorResult<EventBatch> = { done: true, value: undefined };
