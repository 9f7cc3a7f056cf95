import type { Span } from "@opentelemetry/api";
import type { ChatRequest } from "../chat/request.ts";
import type { Target } from "../chat/target.ts";
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
  /** Monotonic milliseconds at which the request must be over. */
  readonly deadline: number;
  /** Where the request may go, best first; empty until `route` has run. */
  readonly targets: readonly Target[];
  /** Who is asked now; absent until `retry` has chosen. */
  readonly target?: Target;
  /** Number of this provider call in the request, from 1. */
  readonly attempt: number;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  /** This stage's own span. Add attributes to it; the pipeline opens and ends it. */
  readonly span: Span;
  readonly get: <T>(key: ContextKey<T>) => T | undefined;
  readonly set: <T>(key: ContextKey<T>, value: T) => void;
}

/** What `next` may change for the stages inside. */
export type ContextChange = Partial<Pick<Context, "request" | "targets" | "target" | "attempt" | "signal">>;

/** The same context with some fields replaced. Values set under keys stay shared. */
export const deriveContext = (context: Context, change: ContextChange & { readonly span?: Span }): Context => {
  const { target = context.target } = change;
  // Field by field: this runs for several stages of every request, and spreading costs five times as much.
  return {
    id: context.id,
    request: change.request ?? context.request,
    principal: context.principal,
    signal: change.signal ?? context.signal,
    deadline: context.deadline,
    targets: change.targets ?? context.targets,
    ...(target === undefined ? undefined : { target }),
    attempt: change.attempt ?? context.attempt,
    clock: context.clock,
    random: context.random,
    logger: context.logger,
    span: change.span ?? context.span,
    get: context.get,
    set: context.set,
  };
};

/** Values a request starts with, for everybody who handles it. */
export type ContextValues = ReadonlyMap<ContextKey<unknown>, unknown>;

export type ContextOptions = Omit<Context, "get" | "set" | "targets" | "attempt"> & { readonly values: ContextValues };

/** Makes the context of one request. */
export const createContext = (options: ContextOptions): Context => {
  const { values } = options;
  let own: Map<ContextKey<unknown>, unknown> | undefined;
  return {
    id: options.id,
    request: options.request,
    principal: options.principal,
    signal: options.signal,
    deadline: options.deadline,
    clock: options.clock,
    random: options.random,
    logger: options.logger,
    span: options.span,
    targets: [],
    attempt: 1,
    // The key's type parameter is what was set under it: `set` lets nothing else in.
    get: <T>(key: ContextKey<T>) => (own?.has(key) ? own.get(key) : values.get(key)) as T | undefined,
    set: (key, value) => {
      own ??= new Map();
      own.set(key, value);
    },
  };
};

/** The value under a key that the gateway itself always sets. */
export const requireValue = <T>(context: Context, key: ContextKey<T>): T => {
  const value = context.get(key);
  if (value === undefined) throw new TypeError(`This stage needs "${key.name}", which only createGateway provides.`);
  return value;
};
