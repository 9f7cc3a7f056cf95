import { context as active, createContextKey as createOtelKey, type Context as OtelContext } from "@opentelemetry/api";

// HTTP client instrumentation of the host must neither add trace headers to a provider call nor double its span. The
// key is the SDK's own; keys are global symbols by name, so no SDK needs to be imported for it.
const suppressTracing = createOtelKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

/** Runs a call where no other instrumentation adds to it, in the active context unless another is given. */
export const untraced = <T>(call: () => T, context: OtelContext = active.active()): T =>
  active.with(context.setValue(suppressTracing, true), call);
