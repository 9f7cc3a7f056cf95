import { isContent, type ChatEvent, type EventBatch } from "../chat/event.ts";
import { withFrame } from "../chat/frame.ts";
import { promised, pull, type Pulled } from "../chat/pull.ts";
import { createAbortableReply, type AbortableReply, type BatchSource, type Reply } from "../chat/reply.ts";
import type { Finish } from "../chat/finish.ts";
import type { Target } from "../chat/target.ts";
import type { DecodeOptions } from "../dialects/dialect.ts";
import { isObject } from "../dialects/fields.ts";
import { checkHistoryIsThere } from "../dialects/history-elsewhere.ts";
import { UpstreamError } from "../errors.ts";
import { Cancellation, unlessCancelled } from "../pipeline/cancellation.ts";
import { requireValue, type Context } from "../pipeline/context.ts";
import type { Attempt } from "../telemetry/attempt.ts";
import { telemetryKey } from "../telemetry/request-telemetry.ts";
import { untraced } from "../telemetry/untraced.ts";
import { framingOf, type Framing } from "../transport/framing.ts";
import type { TransportResponse } from "../transport/transport.ts";
import { CallRequest } from "./call-request.ts";
import { callSettingsKey, type CallSettings } from "./call-settings.ts";
import { calleeOf, type Callee } from "./callee.ts";
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
  const callee = calleeOf(context);
  const { target, provider, dialect } = callee;
  const settings = requireValue(context, callSettingsKey);
  checkHistoryIsThere(context.request, dialect.id, target.id);

  const credential = credentialOf(provider, context.clock);
  const sent = withMedia(context, callee);
  const { url, headers, body } = writeRequest(
    sent instanceof Promise ? await sent : sent,
    target,
    provider,
    dialect,
    typeof credential === "object" ? await unlessCancelled(credential, context.cancellation) : credential,
    settings.unsupported,
  );
  const trace = startAttempt(context, target, provider, url);
  const call = new ProviderCall(context, callee, settings, trace);
  try {
    const sentHeaders = trace === undefined ? headers : { ...headers, ...trace.headers };
    const response = await call.send(url, sentHeaders, body);
    trace?.answered(response.status, requestIdOf(response));
    if (response.status < 200 || response.status >= 300) throw await refusal(response, provider.id, dialect);
    const batches = call.read(response);
    return call.answer(batches instanceof Promise ? await batches : batches);
  } catch (error) {
    call.fail(error);
    throw error;
  }
};

/** One call under way. A class because there is one for each: its closures would be made each time. */
class ProviderCall {
  readonly #context: Context;
  readonly #callee: Callee;
  readonly #settings: CallSettings;
  readonly #trace: Attempt | undefined;
  readonly #watchdog: Watchdog;
  /** Ends with the request's own, with a limit of time, or with a failure. */
  readonly #cancellation = new Cancellation();
  #reply: AbortableReply | undefined;

  constructor(context: Context, callee: Callee, settings: CallSettings, trace: Attempt | undefined) {
    const { clock, cancellation, request } = context;
    this.#context = context;
    this.#callee = callee;
    this.#settings = settings;
    this.#trace = trace;
    cancellation.add(this.#abort);
    this.#watchdog = new Watchdog(clock, settings.timeouts, request.stream, callee.provider.id, this.#expire);
  }

  send(url: string, headers: Readonly<Record<string, string>>, body: string | Uint8Array): Promise<TransportResponse> {
    const request = new CallRequest(url, headers, body, this.#cancellation);
    return untraced(() => this.#settings.transport.send(request), this.#trace?.otelContext);
  }

  /** The batches of an answer, once the first content is in hand. */
  read(response: TransportResponse): BatchSource | Promise<BatchSource> {
    const { dialect, provider } = this.#callee;
    const framing =
      framingOf(response.headers["content-type"]) ??
      (this.#context.request.stream ? framingOf(dialect.streamType) : undefined);
    if (framing !== undefined) return untilContent(this.#stream(response.body, framing));
    const bytes = readBody(response.body, this.#settings.maxResponseBytes, provider.id, this.#watchdog);
    return bytes instanceof Promise
      ? bytes.then((whole) => this.#whole(whole, response.status))
      : this.#whole(bytes, response.status);
  }

  /** The reply, whose end is the end of the call. */
  answer(batches: BatchSource): Reply {
    this.#trace?.firstContent();
    const reply = createAbortableReply({ target: this.#callee.target, batches });
    reply.finished.add(this.#finished);
    if (this.#cancellation.cancelled) reply.abort(this.#cancellation.reason);
    return (this.#reply = reply);
  }

  fail(error: unknown): void {
    this.#release();
    this.#cancellation.cancel(error);
    this.#trace?.failed(error);
  }

  #stream(body: TransportResponse["body"], framing: Framing): BatchSource {
    const options = this.#decodeOptions();
    const trace = this.#trace;
    const { dialect } = this.#callee;
    return readStream({
      provider: options.provider,
      dialect: dialect.id,
      body,
      framing,
      decoder: dialect.createDecoder(options),
      watchdog: this.#watchdog,
      clock: this.#context.clock,
      maxBytes: this.#settings.maxStreamBytes,
      ...(trace === undefined ? {} : { onBatch: (batch: EventBatch) => trace.batch(batch) }),
    });
  }

  #whole(bytes: Buffer, status: number): BatchSource {
    this.#watchdog.stop();
    const { dialect, provider } = this.#callee;
    const body = parseLoosely(bytes);
    if (!isObject(body)) {
      throw new UpstreamError(
        "upstream_invalid_response",
        `${provider.id} answered with something that is no JSON object.`,
        { provider: provider.id, upstreamStatus: status },
      );
    }
    const batch = dialect.decodeReply(body, this.#decodeOptions());
    if (dialect.isBroken?.(body) !== true) withFrame(dialect.id, "body", { raw: bytes }, batch);
    this.#trace?.batch(batch);
    return new Replay([batch]);
  }

  #decodeOptions(): DecodeOptions {
    const { request, id } = this.#context;
    return { ...factsOf(this.#context, this.#callee), request, requestId: id };
  }

  #release(): void {
    this.#watchdog.stop();
    this.#context.cancellation.remove(this.#abort);
  }

  readonly #abort = (reason: unknown): void => {
    this.#cancellation.cancel(reason);
    this.#reply?.abort(reason);
  };

  readonly #expire = (error: UpstreamError): void => this.#cancellation.cancel(error);

  readonly #finished = (finish: Finish): void => {
    this.#release();
    this.#trace?.finished(finish);
  };
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

  pull(): Pulled<EventBatch> {
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
