/** The ways in which the process of a benchmark can be told of requests. */
import { registerHooks } from "node:module";
import { context, trace, type TracerProvider } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BatchSpanProcessor,
  InMemorySpanExporter,
  TracerProvider as SdkTracerProvider,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace";
import { createCountedTracer, type CountedTracer } from "../packages/core/test/telemetry/counted-tracer.ts";

/** Leaves out the one function that begins telemetry: every request is then one that nobody listens to. */
const withoutTelemetry = (): void => {
  registerHooks({
    load: (url, loading, nextLoad) => {
      const loaded = nextLoad(url, loading);
      if (!url.endsWith("/telemetry/request-telemetry.ts")) return loaded;
      const source = String(loaded.source);
      const begin = "export const startRequest = ";
      if (!source.includes(begin)) throw new Error("Telemetry begins in another place now: say here in which.");
      return { ...loaded, source: source.replace(begin, `${begin}() => undefined;\nconst leftOut = `) };
    },
  });
};

const withSdk = (provider: TracerProvider): void => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
};

/** Drops every span, as an exporter does whose backend costs nothing. */
class DroppingExporter extends InMemorySpanExporter {
  dropped = 0;

  override export(...[spans, done]: Parameters<InMemorySpanExporter["export"]>): void {
    this.dropped += spans.length;
    super.export([], done);
  }
}

let started = 0;
const countStarted: SpanProcessor = {
  onStart: () => void started++,
  onEnd: () => undefined,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
const exporter = new DroppingExporter();
const batches = new BatchSpanProcessor({ exporter, maxQueueSize: 100_000 });

/** The share of all spans that came to the exporter: a queue that is full drops some, and costs less then. */
export const exportedShare = async (): Promise<number> => {
  await batches.forceFlush();
  return exporter.dropped / started;
};

export const counted: CountedTracer = createCountedTracer(new SdkTracerProvider().getTracer("counted"));

/** To be chosen before the gateway is loaded. */
export const ways: Readonly<Record<string, () => void>> = {
  none: withoutTelemetry,
  silent: () => undefined,
  recording: () => withSdk(new SdkTracerProvider({ spanProcessors: [countStarted, batches] })),
  counting: () => withSdk({ getTracer: () => counted.tracer }),
};
