import {
  createContextKey,
  createTraceState,
  isSpanContextValid,
  propagation,
  trace,
  TraceFlags,
  type BaggageEntry,
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from "@opentelemetry/api";

const suppressed = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

/** Does what an SDK's propagator does: reads and writes `traceparent`, `tracestate` and `baggage`. */
export const w3cPropagator: TextMapPropagator = {
  fields: () => ["traceparent", "tracestate", "baggage"],

  inject: (context: Context, carrier: unknown, setter: TextMapSetter) => {
    if (context.getValue(suppressed) === true) return;
    const span = trace.getSpanContext(context);
    if (span !== undefined && isSpanContextValid(span)) {
      const { traceId, spanId, traceFlags, traceState } = span;
      setter.set(carrier, "traceparent", `00-${traceId}-${spanId}-0${traceFlags}`);
      if (traceState !== undefined) setter.set(carrier, "tracestate", traceState.serialize());
    }
    const entries = propagation.getBaggage(context)?.getAllEntries() ?? [];
    if (entries.length > 0)
      setter.set(carrier, "baggage", entries.map(([key, { value }]) => `${key}=${value}`).join(","));
  },

  extract: (context: Context, carrier: unknown, getter: TextMapGetter) => {
    const header = (name: string): string => String(getter.get(carrier, name) ?? "");
    const baggage: Record<string, BaggageEntry> = {};
    for (const [, key = "", value = ""] of header("baggage").matchAll(/([^=,]+)=([^,]*)/g)) baggage[key] = { value };
    const extracted = propagation.setBaggage(context, propagation.createBaggage(baggage));
    const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-0([01])$/.exec(header("traceparent")) ?? [];
    if (traceId === undefined || spanId === undefined) return extracted;
    return trace.setSpanContext(extracted, {
      traceId,
      spanId,
      traceFlags: flags === "1" ? TraceFlags.SAMPLED : TraceFlags.NONE,
      isRemote: true,
      ...(header("tracestate") === "" ? {} : { traceState: createTraceState(header("tracestate")) }),
    });
  },
};
