import { context as active } from "@opentelemetry/api";
import type { ChatRequest, Operation } from "./chat/request.ts";
import type { Finish } from "./chat/finish.ts";
import type { Reply } from "./chat/reply.ts";
import { closeRecord, closeRefusal, type Ending } from "./closing-record.ts";
import { GatewayError, toGatewayError } from "./errors.ts";
import { createBag } from "./pipeline/bag.ts";
import { Cancellation } from "./pipeline/cancellation.ts";
import type { Clock, Timer } from "./pipeline/clock.ts";
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
  abort(reason: GatewayError): void;
  /** The request is over. Every call after the first does nothing. */
  close(finish: Finish, ending: Ending): void;
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
  const { stages, clock, random, logger, telemetry: parts } = options;
  const plain: Handler = compose(stages, callProvider);
  const observed: Handler = compose(
    stages.map((stage, index) => observeStage(stage, index, parts.settings)),
    callProvider,
  );
  const underWay = createBag<EngineRun>();
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

  const run: Engine["run"] = (request, asked) => {
    if (draining) throw new GatewayError("shutting_down", "The gateway is shutting down.");
    const current = new EngineRun(options, request, asked, asked.requestId ?? createRequestId());
    const place = underWay.add(current);
    current.start(current.telemetry === undefined ? plain : observed, () => {
      underWay.remove(place);
      if (underWay.size() === 0) idle?.();
    });
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
          for (const left of underWay.items())
            left.abort(new GatewayError("shutting_down", "The gateway shut down before the answer was complete."));
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

/** A class because there is one for each request: its closures would be made each time. */
class EngineRun implements Run {
  readonly context: Context;
  readonly telemetry: RequestTelemetry | undefined;
  readonly #cancellation = new Cancellation();
  readonly #reply = Promise.withResolvers<Reply>();
  readonly #startedAt: number;
  readonly #deadline: Timer;
  readonly #signal: AbortSignal | undefined;
  #onClose: (() => void) | undefined;
  #isAnswered = false;
  #isAbandoned = false;
  #isClosed = false;

  constructor(
    { values, clock, random, logger, telemetry: parts, deadlineMs }: EngineOptions,
    request: ChatRequest,
    { principal, arrival, signal, prepare }: RunOptions,
    requestId: string,
  ) {
    const now = clock.now();
    this.#startedAt = arrival?.now ?? now;
    const deadline = this.#startedAt + deadlineMs;
    const { operation = "chat", dialect, model, stream, sessionId } = request;
    const facts = { requestId, operation, dialect, model, stream, principal, sessionId, arrival };
    this.telemetry = startRequest(parts, facts, active.active());
    this.context = createContext({
      id: requestId,
      request,
      principal,
      cancellation: this.#cancellation,
      deadline,
      clock,
      random,
      logger,
      span: this.telemetry?.span ?? silentSpan,
      values,
    });
    if (this.telemetry !== undefined) this.context.set(telemetryKey, this.telemetry);
    prepare?.(this.context);

    // Whoever asked may have failed before waiting for it.
    this.#reply.promise.catch(ignore);
    this.#deadline = clock.timer(deadline - now, this.#expire);
    this.#signal = signal;
    if (signal?.aborted === true) this.#onSignal();
    else signal?.addEventListener("abort", this.#onSignal, { once: true });
  }

  get reply(): Promise<Reply> {
    return this.#reply.promise;
  }

  /** @param onClose Called once, when the request is over. */
  start(handler: Handler, onClose: () => void): void {
    this.#onClose = onClose;
    handler(this.context).then(this.#answered, this.#reply.reject);
  }

  abort(reason: GatewayError): void {
    this.#cancellation.cancel(reason);
    // A stage may not listen to the signal: whoever waits for the answer is not kept waiting by it.
    this.#isAbandoned = true;
    this.#reply.reject(reason);
  }

  close(finish: Finish, ending: Ending): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#deadline.cancel();
    this.#signal?.removeEventListener("abort", this.#onSignal);
    this.#onClose?.();
    // Whatever a stage left running for this request has nobody to work for any more.
    const reason = finish.error === undefined ? requestOver : toGatewayError(finish.error);
    if (this.#isAnswered) this.#cancellation.cancel(reason);
    else this.abort(reason);
    closeRecord(this.context, this.telemetry, finish, ending, this.#startedAt);
  }

  readonly #answered = (answer: Reply): void => {
    this.#isAnswered = true;
    if (this.#isAbandoned) answer.cancel();
    this.#reply.resolve(this.telemetry === undefined ? answer : this.telemetry.observe(answer));
  };

  readonly #expire = (): void =>
    this.abort(new GatewayError("upstream_timeout", "The request took longer than its deadline allows."));

  readonly #onSignal = (): void =>
    this.abort(new GatewayError("client_closed", "The caller aborted the request.", { cause: this.#signal?.reason }));
}
