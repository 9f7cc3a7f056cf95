import { createCollector } from "../chat/collect.ts";
import type { EventBatch } from "../chat/event.ts";
import { intactFrame } from "../chat/frame.ts";
import type { Finish } from "../chat/finish.ts";
import { readBatches, type Reply } from "../chat/reply.ts";
import type { EncodeOptions, FrontDialect, Json } from "../dialects/dialect.ts";
import { isObject } from "../dialects/fields.ts";
import { GatewayError, toGatewayError } from "../errors.ts";
import type { Cancellation } from "../pipeline/cancellation.ts";
import type { Clock } from "../pipeline/clock.ts";
import type { Context } from "../pipeline/context.ts";
import { parseLoosely } from "../providers/read-body.ts";
import { encodeLongText } from "./encode-long-text.ts";
import type { Outgoing } from "./exchange.ts";

export interface StreamTimings {
  /** Longest the status line waits for content before it is sent anyway, in milliseconds. */
  readonly headerHoldMs: number;
  /** Silence after which a stream is kept alive, in milliseconds. */
  readonly heartbeatMs: number;
  /** Longest a client may leave the stream unread, in milliseconds. */
  readonly writeStallMs: number;
}

/** The headers of an answer, known once the stages have brought their reply: a new record, to which more are added. */
export type HeadersOf = (reply: Reply | undefined) => Record<string, string>;

/** Keeps an answer before its client has seen its end: what refers to it may be the next thing to come. */
export type Keep = (answer: Json) => Promise<void>;

/** Writes a whole answer. Where nobody touched the provider's body it goes out as it came. */
export const respondWhole = async (
  reply: Reply,
  dialect: FrontDialect,
  options: EncodeOptions,
  headersOf: HeadersOf,
  outgoing: Outgoing,
  keep?: Keep,
): Promise<void> => {
  const batches: EventBatch[] = [];
  const reading = readBatches(reply, (batch) => void batches.push(batch));
  if (reading !== undefined) await reading;
  const passed = untouchedBody(batches, dialect, options);
  const body =
    passed === undefined
      ? encodeCollected(reply, batches, dialect, options)
      : (dialect.restate?.(passed, options.request) ?? passed);
  if (keep !== undefined) {
    const answer = parseLoosely(Buffer.from(body));
    if (isObject(answer)) await keep(answer);
  }
  const encoded = encodeLongText(body);
  const headers = headersOf(reply);
  headers["content-type"] = "application/json";
  headers["content-length"] = String(Buffer.byteLength(encoded));
  outgoing.start(200, headers);
  outgoing.end(encoded);
};

const untouchedBody = (
  batches: readonly EventBatch[],
  dialect: FrontDialect,
  { request }: EncodeOptions,
): string | Uint8Array | undefined => {
  const [batch] = batches;
  if (batch === undefined || batches.length > 1) return undefined;
  const frame = intactFrame(batch, 0, dialect.id, "body");
  return frame?.events.length === batch.length && dialect.passes(batch, request) ? frame.bytes.raw : undefined;
};

const encodeCollected = (
  reply: Reply,
  batches: readonly EventBatch[],
  dialect: FrontDialect,
  options: EncodeOptions,
): string => {
  const collector = createCollector(reply.target);
  for (const batch of batches) for (const event of batch) collector.push(event);
  return dialect.encodeReply(collector.result(), options);
};

/**
 * Writes a streamed answer. The status line waits for the first content, so that an error before it has a true status;
 * after that every failure is told inside the stream, and the connection is broken.
 *
 * @returns how the answer was left; `sent: false` where nothing has been sent, so an error answer still can be; `over`
 *   where it takes a while until the connection is broken.
 */
export const respondStream = async (
  pending: Promise<Reply>,
  dialect: FrontDialect,
  options: EncodeOptions,
  headersOf: HeadersOf,
  outgoing: Outgoing,
  { clock, cancellation }: Pick<Context, "clock" | "cancellation">,
  timings: StreamTimings,
  keep?: Keep,
): Promise<{ readonly finish: Finish; readonly sent: boolean; readonly over?: Promise<void> }> => {
  const encoder = dialect.createEncoder(options);
  let sent = false;
  let lastWrite = clock.now();
  // Held until there is something to wait for: what came together goes out together.
  let held: string | Uint8Array = "";
  const start = (reply: Reply | undefined): void => {
    if (sent) return;
    const headers = headersOf(reply);
    sent = true;
    headers["content-type"] = dialect.streamType ?? "text/event-stream; charset=utf-8";
    headers["cache-control"] = "no-cache, no-transform";
    headers["x-accel-buffering"] = "no";
    outgoing.start(200, headers);
  };
  const write = (chunk: string | Uint8Array): boolean => {
    lastWrite = clock.now();
    return outgoing.write(encodeLongText(chunk));
  };

  /** Sends what is held, and waits for a slow client. */
  const flush = (): Promise<void> | undefined => {
    const chunk = held;
    held = "";
    if (chunk.length === 0 || write(chunk)) return undefined;
    return untilDrained(outgoing, clock, timings.writeStallMs, cancellation);
  };

  // One timer for the header hold and then for the heartbeats; it looks at the last write and sets itself again.
  const tick = (): void => {
    const silentMs = clock.now() - lastWrite;
    const dueMs = sent ? timings.heartbeatMs : timings.headerHoldMs;
    if (silentMs >= dueMs) {
      start(undefined);
      write(dialect.heartbeat);
      timer = clock.timer(timings.heartbeatMs, tick);
    } else timer = clock.timer(dueMs - silentMs, tick);
  };
  let timer = clock.timer(Math.min(timings.headerHoldMs, timings.heartbeatMs), tick);

  try {
    const reply = await pending;
    start(reply);
    const take = (batch: EventBatch): void => {
      held = join(held, encoder.encode(batch));
    };
    const reading = readBatches(reply, take, flush);
    if (reading !== undefined) await reading;
    const answer = keep === undefined ? undefined : encoder.whole?.();
    if (answer !== undefined) {
      await flush();
      await keep?.(answer);
    }
    outgoing.end(encodeLongText(join(held, encoder.end())));
    return { finish: { exit: "complete" }, sent };
  } catch (error) {
    const finish: Finish = { exit: "failed", error };
    const over = sent ? outgoing.breakOff(join(held, encoder.fail(toGatewayError(error)))) : undefined;
    return over === undefined ? { finish, sent } : { finish, sent, over };
  } finally {
    timer.cancel();
  }
};

const join = (first: string | Uint8Array, second: string | Uint8Array): string | Uint8Array => {
  if (first.length === 0) return second;
  if (second.length === 0) return first;
  if (typeof first === "string" && typeof second === "string") return first + second;
  return joinNeighbours(first, second) ?? Buffer.concat([toBytes(first), toBytes(second)]);
};

/** Pieces of one network read that stand next to each other need not be copied to be one. */
const joinNeighbours = (first: string | Uint8Array, second: string | Uint8Array): Uint8Array | undefined => {
  if (typeof first === "string" || typeof second === "string" || first.buffer !== second.buffer) return undefined;
  const { buffer, byteOffset, byteLength } = first;
  return byteOffset + byteLength === second.byteOffset
    ? new Uint8Array(buffer, byteOffset, byteLength + second.byteLength)
    : undefined;
};

const toBytes = (chunk: string | Uint8Array): Uint8Array => (typeof chunk === "string" ? Buffer.from(chunk) : chunk);

/**
 * Waits for a slow client, but not for ever: what it holds up is a provider's answer and our memory.
 *
 * @throws GatewayError `client_closed` where it reads nothing for too long; the reason where it is cancelled.
 */
const untilDrained = async (
  outgoing: Outgoing,
  clock: Clock,
  stallMs: number,
  cancellation: Cancellation,
): Promise<void> => {
  const givenUp = Promise.withResolvers<never>();
  const onCancel = (reason: unknown): void => givenUp.reject(reason);
  const timer = clock.timer(stallMs, () => onCancel(new GatewayError("client_closed", "The client stopped reading.")));
  cancellation.add(onCancel);
  try {
    await Promise.race([outgoing.drained(), givenUp.promise]);
  } finally {
    timer.cancel();
    cancellation.remove(onCancel);
  }
};
