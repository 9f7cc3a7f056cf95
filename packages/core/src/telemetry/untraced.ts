import { context as active, createContextKey as createOtelKey, ROOT_CONTEXT, type Context } from "@opentelemetry/api";

// The key is the SDK's own; keys are global symbols by name, so no SDK needs to be imported for it.
const suppressTracing = createOtelKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

// Where nobody keeps contexts this one is active all the time.
const suppressedRoot = ROOT_CONTEXT.setValue(suppressTracing, true);

/**
 * Runs a call to a provider where no instrumentation of the host's HTTP client adds to it: neither trace headers and
 * baggage, which are nobody else's business, nor a second span. Needed also where the gateway itself is not traced, as
 * instrumentation may have a tracer of its own.
 *
 * @param context What it runs in; the active context unless another is given.
 */
export const untraced = <T>(call: () => T, context: Context = active.active()): T =>
  active.with(context === ROOT_CONTEXT ? suppressedRoot : context.setValue(suppressTracing, true), call);
