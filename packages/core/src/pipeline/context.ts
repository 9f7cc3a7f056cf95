import type { Span } from "@opentelemetry/api";
import type { ChatRequest } from "../chat/request.ts";
import type { Target } from "../chat/target.ts";
import { Cancellation } from "./cancellation.ts";
import type { Clock } from "./clock.ts";

/** Names a value that one stage leaves for others. Two keys are never equal, whatever their names. */
export interface ContextKey<T> {
  readonly name: string;
  /** Only there so that the compiler tells keys of different types apart. */
  readonly _type?: T;
}

/**
 * Makes a typed key for `context.set` and `context.get`.
 *
 * @example
 * const tenant = createContextKey<Tenant>("tenant");
 */
export const createContextKey = <T>(name: string): ContextKey<T> => Object.freeze({ name });

/** Who asks, as `authenticate` found. Nothing a client sends can change it. */
export interface Principal {
  readonly id: string;
  /** Callers of one tenant may share cached answers and budgets. */
  readonly tenant?: string;
}

/** Where the gateway writes what an operator should know. Any console-like logger fits. */
export interface Logger {
  /** `false`: debug lines go nowhere, so they need not be made. */
  readonly debugs?: boolean;
  readonly debug: (message: string, details?: Readonly<Record<string, unknown>>) => void;
  readonly info: (message: string, details?: Readonly<Record<string, unknown>>) => void;
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
  readonly error: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

/** Everything a stage may know of the request it handles. Stages read it; `next({ … })` changes what inner stages see. */
export interface Context {
  /** Goes out as `x-request-id`. */
  readonly id: string;
  readonly request: ChatRequest;
  readonly principal: Principal;
  /** Aborted when the client is gone, the deadline has passed, the gateway shuts down, or the request is over. */
  readonly signal: AbortSignal;
  /** The same for those who work on every request: cheaper than a signal, which is made when it is first asked for. */
  readonly cancellation: Cancellation;
  /** Monotonic milliseconds at which the request must be over. */
  readonly deadline: number;
  /** Where the request may go, best first; empty until `route` has run. */
  readonly targets: readonly Target[];
  /** Who is asked now; `undefined` until `retry` has chosen. */
  readonly target: Target | undefined;
  /** Number of this provider call in the request, from 1. */
  readonly attempt: number;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  /** This stage's own span. Add attributes to it; the pipeline opens and ends it. */
  readonly span: Span;
  get<T>(key: ContextKey<T>): T | undefined;
  set<T>(key: ContextKey<T>, value: NoInfer<T>): void;
}

/** What `next` may change for the stages inside. */
export type ContextChange = Partial<Pick<Context, "request" | "targets" | "target" | "attempt" | "signal">>;

/** Values a request starts with, for everybody who handles it. */
export type ContextValues = ReadonlyMap<ContextKey<unknown>, unknown>;

/** Values under keys: the gateway's own, and what the stages of one request leave for each other. */
class Values {
  readonly #common: ContextValues;
  #own: Map<ContextKey<unknown>, unknown> | undefined;

  constructor(common: ContextValues) {
    this.#common = common;
  }

  get(key: ContextKey<unknown>): unknown {
    return this.#own?.get(key) ?? this.#common.get(key);
  }

  set(key: ContextKey<unknown>, value: unknown): void {
    this.#own ??= new Map();
    this.#own.set(key, value);
  }
}

type ContextFields = Omit<Context, "get" | "set" | "signal"> & { readonly values: Values };

// A class because several are made for every request: its methods are made once, and all have one shape.
class RequestContext implements Context {
  readonly id: string;
  readonly request: ChatRequest;
  readonly principal: Principal;
  readonly cancellation: Cancellation;
  readonly deadline: number;
  readonly targets: readonly Target[];
  readonly target: Target | undefined;
  readonly attempt: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly span: Span;
  readonly values: Values;

  constructor(fields: ContextFields, change: ContextChange & { readonly span?: Span }) {
    this.id = fields.id;
    this.request = change.request ?? fields.request;
    this.principal = fields.principal;
    this.cancellation =
      change.signal === undefined ? fields.cancellation : Cancellation.under(fields.cancellation, change.signal);
    this.deadline = fields.deadline;
    this.targets = change.targets ?? fields.targets;
    this.target = change.target ?? fields.target;
    this.attempt = change.attempt ?? fields.attempt;
    this.clock = fields.clock;
    this.random = fields.random;
    this.logger = fields.logger;
    this.span = change.span ?? fields.span;
    this.values = fields.values;
  }

  get signal(): AbortSignal {
    return this.cancellation.signal;
  }

  get<T>(key: ContextKey<T>): T | undefined {
    // The key's type parameter is what was set under it: `set` lets nothing else in.
    return this.values.get(key) as T | undefined;
  }

  set<T>(key: ContextKey<T>, value: NoInfer<T>): void {
    this.values.set(key, value);
  }
}

/** The same context with some fields replaced. Values set under keys stay shared. */
export const deriveContext = (context: Context, change: ContextChange & { readonly span?: Span }): Context => {
  if (context instanceof RequestContext) return new RequestContext(context, change);
  throw new TypeError("A context is made by the gateway and changed by `next({ … })` only.");
};

export type ContextOptions = Omit<Context, "get" | "set" | "signal" | "targets" | "target" | "attempt"> & {
  readonly values: ContextValues;
};

/** Makes the context of one request. */
export const createContext = (options: ContextOptions): Context => {
  const { id, request, principal, cancellation, deadline, clock, random, logger, span } = options;
  const fields: ContextFields = {
    id,
    request,
    principal,
    cancellation,
    deadline,
    targets: [],
    target: undefined,
    attempt: 1,
    clock,
    random,
    logger,
    span,
    values: new Values(options.values),
  };
  return new RequestContext(fields, {});
};

/** The value under a key that the gateway itself always sets. */
export const requireValue = <T>(context: Context, key: ContextKey<T>): T => {
  const value = context.get(key);
  if (value === undefined) throw new TypeError(`This stage needs "${key.name}", which only createGateway provides.`);
  return value;
};
