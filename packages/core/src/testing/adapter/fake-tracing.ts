import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import type { Server } from "node:http";
import {
  context as otelContext,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  TraceFlags,
  type Context,
  type ContextManager,
  type Span,
  type Tracer,
} from "@opentelemetry/api";
import type { Scope } from "./scope.ts";

/** What is kept of a span. */
interface FakeSpan {
  readonly name: string;
  readonly id: string;
  readonly traceId: string;
  readonly parentId: string | undefined;
}

/** OpenTelemetry as a host has it, as far as an adapter can notice it. It is taken away with the test. */
export interface FakeTracing {
  /** All spans, in the order in which they began. */
  readonly spans: readonly FakeSpan[];
  /** Opens a span around every request of a server, as HTTP instrumentation does. */
  readonly instrument: (server: Server) => void;
}

export const startFakeTracing = ({ defer }: Scope): FakeTracing => {
  const spans: FakeSpan[] = [];

  const startSpan: Tracer["startSpan"] = (name, _options, context = otelContext.active()) => {
    const parent = trace.getSpanContext(context);
    const id = String(spans.length + 1).padStart(16, "0");
    const traceId = parent?.traceId ?? id.padStart(32, "0");
    spans.push({ name, id, traceId, parentId: parent?.spanId });
    const span = trace.wrapSpanContext({ traceId, spanId: id, traceFlags: TraceFlags.SAMPLED });
    return Object.assign(span, { isRecording: () => true });
  };
  // Of a tracer without a provider, which has the other methods.
  const tracer = Object.assign(new ProxyTracerProvider().getTracer("fake"), { startSpan });

  const isFree =
    trace.setGlobalTracerProvider({ getTracer: () => tracer }) && otelContext.setGlobalContextManager(contexts());
  assert.ok(isFree, "Run the contract in a process that sets up no OpenTelemetry: it brings its own.");
  defer(() => {
    trace.disable();
    otelContext.disable();
  });

  return {
    spans,
    instrument: (server) => {
      const emit = server.emit.bind(server) as (event: string, ...values: unknown[]) => boolean;
      const traced = (event: string, ...values: unknown[]): boolean => {
        if (event !== "request") return emit(event, ...values);
        const span: Span = startSpan("request", { kind: SpanKind.SERVER });
        return otelContext.with(trace.setSpan(otelContext.active(), span), () => emit(event, ...values));
      };
      Object.assign(server, { emit: traced });
    },
  };
};

/** Contexts that follow the flow of calls, promises and events. */
const contexts = (): ContextManager => {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (context, call, self, ...values) =>
      storage.run(context, () => call.apply(self as ThisParameterType<typeof call>, values)),
    bind: (context, target) => {
      if (typeof target !== "function") return target;
      const bound = (...values: unknown[]): unknown => storage.run(context, () => target(...values) as unknown);
      // It is called like what it stands for.
      return bound as typeof target;
    },
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
};
