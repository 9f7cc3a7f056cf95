import { ProxyTracerProvider, trace, type Tracer, type TracerProvider } from "@opentelemetry/api";
import { packageName, version } from "../version.ts";

export interface LateTracer extends Tracer {
  /** `false` where spans started now go nowhere; cheap enough to ask for every request. */
  readonly isHeard: () => boolean;
}

/**
 * The tracer of whichever provider is registered when a span starts. One that is taken earlier hears of a provider only
 * where that is registered through the same copy of the API, and an application of CommonJS modules has another.
 */
export const createLateTracer = (): LateTracer => {
  let provider: TracerProvider | undefined;
  let tracer: Tracer | undefined;
  /** A provider that was found to stand for somebody, which does not end before another is registered. */
  let heard: TracerProvider | undefined;

  const current = (): Tracer => {
    const registered = trace.getTracerProvider();
    if (tracer === undefined || registered !== provider) {
      provider = registered;
      tracer = registered.getTracer(packageName, version);
    }
    return tracer;
  };

  return {
    isHeard: () => {
      const registered = trace.getTracerProvider();
      if (registered !== heard && isSilent(registered)) return false;
      heard = registered;
      return true;
    },
    startSpan: (...span) => current().startSpan(...span),
    // Nobody in the gateway asks for one; a tracer must have it.
    get startActiveSpan() {
      const now = current();
      return now.startActiveSpan.bind(now);
    },
  };
};

/** What the API answers with while no SDK is registered: a proxy that stands for nobody. */
const isSilent = (registered: TracerProvider): boolean =>
  registered instanceof ProxyTracerProvider && registered.getDelegateTracer(packageName, version) === undefined;
