import { context as active } from "@opentelemetry/api";
import type { ChatRequest, Operation } from "./chat/request.ts";
import type { Finish } from "./chat/finish.ts";
import type { Reply } from "./chat/reply.ts";
import { closeRecord, closeRefusal, type Ending } from "./closing-record.ts";
import { GatewayError, toGatewayError } from "./errors.ts";
import { createBag } from "./pipeline/bag.ts";
import { Cancellation } from "./pipeline/cancellation.ts";
import type { Clock } from "./pipeline/clock.ts";
import { compose, type Handler } from "./pipeline/compose.ts";
import { createContext, type Context, type ContextValues, type Logger, type Principal } from "./pipeline/context.ts";
import type { Stage } from "./pipeline/stage.ts";
import { callProvider } from "./providers/call.ts";
import { observeStage } from "./telemetry/observe-stage.ts";
import type { TelemetryParts } from "./telemetry/parts.ts";
import type { Arrival } from "./telemetry/request-facts.ts";
import { safely } from "./telemetry/safely.ts";
import { silentSpan, startRequest, telemetryKey, type RequestTelemetry } from "./telemetry/request-telemetry.ts";

export interface EngineOptions {
  readonly stages: readonly Stage[];
  readonly values: ContextValues;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly telemetry: TelemetryParts;
  /** Longest a request may take, in milliseconds. */
  readonly deadlineMs: number;
}

interface RunOptions {
  readonly principal: Principal;
  /** Goes out as `x-request-id`; a new one where absent. */
  readonly requestId?: string;
  /** The HTTP request it came in, where it did: its time runs since then. */
  readonly arrival?: Arrival;
  /** Ends the request as `client_closed`. */
  readonly signal?: AbortSignal;
  /** Leaves values for the stages before they run. */
  readonly prepare?: (context: Context) => void;
}

/** One request on its way through the stages. */
export interface Run {
  readonly context: Context;
  readonly telemetry: RequestTelemetry | undefined;
  /** The stages' answer, or their error. */
  readonly reply: Promise<Reply>;
  /** The client is gone, or the gateway shuts down: stops everything that still works for this request. */
  readonly abort: (reason: GatewayError) => void;
  /** The request is over. Every call after the first does nothing. */
  readonly close: (finish: Finish, ending: Ending) => void;
}

/** A request that does not come to the stages. */
interface RefusedRequest {
  /** @default "chat" */
  readonly operation?: Operation | undefined;
  readonly dialect: string;
  readonly requestId?: string;
  readonly arrival?: Arrival;
  /** Absent where nobody knows who asks. */
  readonly principal?: Principal | undefined;
}

/** What is told of a request that was refused. */
interface Refusal {
  readonly traceId: string | undefined;
  /** The client has its answer. */
  readonly close: (ending: Ending) => void;
}

/** Runs requests through the stages, and knows which are under way. */
export interface Engine {
  readonly run: (request: ChatRequest, options: RunOptions) => Run;
  /** Keeps the record of a request that can not be run. */
  readonly refuse: (refused: RefusedRequest, error: unknown) => Refusal;
  readonly createRequestId: () => string;
  /** Refuses new requests, lets those under way end, and cuts off what is left after `drainMs`. */
  readonly drain: (drainMs: number) => Promise<void>;
  readonly draining: () => boolean;
  readonly options: EngineOptions;
}

/** All groups of three hexadecimal digits: putting an id together from them is cheaper than writing numbers. */
const threeDigits = Array.from({ length: 16 ** 3 }, (_, group) => group.toString(16).padStart(3, "0"));

const ignore = (): void => undefined;

const requestOver = new GatewayError("client_closed", "The request is over.");

export const createEngine = (options: EngineOptions): Engine => {
  const { stages, values, clock, random, logger, telemetry: parts, deadlineMs } = options;
  const plain: Handler = compose(stages, callProvider);
  const observed: Handler = compose(
    stages.map((stage, index) => observeStage(stage, index, parts.settings)),
    callProvider,
  );
  const underWay = createBag<Run>();
  let draining = false;
  let idle: (() => void) | undefined;

  const createRequestId = (): string => {
    let id = "req_";
    for (let index = 0; index < 8; index++) id += threeDigits[Math.floor(random() * threeDigits.length)];
    return id;
  };

  const refuse: Engine["refuse"] = (refused, error) => {
    const { requestId = createRequestId(), operation = "chat", dialect, arrival, principal } = refused;
    const start = arrival?.now ?? clock.now();
    let telemetry: RequestTelemetry | undefined;
    // Whoever refuses has nobody left to answer the client if this fails.
    safely(() => {
      telemetry = startRequest(parts, { requestId, operation, dialect, principal, arrival }, active.active());
    });
    return {
      traceId: telemetry?.traceId,
      close: (ending) =>
        safely(() => closeRefusal({ requestId, dialect, logger, telemetry }, error, ending, clock.now() - start)),
    };
  };

  const run: Engine["run"] = (request, { principal, requestId = createRequestId(), arrival, signal, prepare }) => {
    if (draining) throw new GatewayError("shutting_down", "The gateway is shutting down.");
    const cancellation = new Cancellation();
    const now = clock.now();
    const start = arrival?.now ?? now;
    const { operation = "chat", dialect, model, stream, sessionId } = request;
    const facts = { requestId, operation, dialect, model, stream, principal, sessionId, arrival };
    const telemetry = startRequest(parts, facts, active.active());
    const context = createContext({
      id: requestId,
      request,
      principal,
      cancellation,
      deadline: start + deadlineMs,
      clock,
      random,
      logger,
      span: telemetry?.span ?? silentSpan,
      values,
    });
    if (telemetry !== undefined) context.set(telemetryKey, telemetry);
    prepare?.(context);

    const reply = Promise.withResolvers<Reply>();
    // Whoever asked may have failed before waiting for it.
    reply.promise.catch(ignore);
    let abandoned = false;
    const abort = (reason: GatewayError): void => {
      cancellation.cancel(reason);
      // A stage may not listen to the signal: whoever waits for the answer is not kept waiting by it.
      abandoned = true;
      reply.reject(reason);
    };
    const deadline = clock.timer(start + deadlineMs - now, () =>
      abort(new GatewayError("upstream_timeout", "The request took longer than its deadline allows.")),
    );
    const onSignal = (): void =>
      abort(new GatewayError("client_closed", "The caller aborted the request.", { cause: signal?.reason }));
    if (signal?.aborted === true) onSignal();
    else signal?.addEventListener("abort", onSignal, { once: true });

    let closed = false;
    const current: Run = {
      context,
      telemetry,
      reply: reply.promise,
      abort,
      close: (finish, ending) => {
        if (closed) return;
        closed = true;
        deadline.cancel();
        signal?.removeEventListener("abort", onSignal);
        underWay.remove(place);
        if (underWay.size() === 0) idle?.();
        // Whatever a stage left running for this request has nobody to work for any more.
        abort(finish.error === undefined ? requestOver : toGatewayError(finish.error));
        closeRecord(context, telemetry, finish, ending, clock.now() - start);
      },
    };
    const place = underWay.add(current);
    const answered = (answer: Reply): void => {
      if (abandoned) answer.cancel();
      reply.resolve(telemetry === undefined ? answer : telemetry.observe(answer));
    };
    (telemetry === undefined ? plain : observed)(context).then(answered, reply.reject);
    return current;
  };

  return {
    run,
    refuse,
    createRequestId,
    options,
    draining: () => draining,
    drain: async (drainMs) => {
      draining = true;
      if (underWay.size() === 0) return;
      await new Promise<void>((resolve) => {
        const cutOff = clock.timer(drainMs, () => {
          for (const { abort } of underWay.items())
            abort(new GatewayError("shutting_down", "The gateway shut down before the answer was complete."));
          resolve();
        });
        idle = () => {
          cutOff.cancel();
          resolve();
        };
      });
    },
  };
};
