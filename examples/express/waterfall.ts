import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { context, trace } from "@opentelemetry/api";

const exporter = new InMemorySpanExporter();

/** Records spans in memory, as an application with an OpenTelemetry SDK would export them. */
export const recordSpans = (): void => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
};

const toMs = ([seconds, nanos]: readonly [number, number]): number => seconds * 1000 + nanos / 1e6;

/** The spans of one trace as lines of text: the tree on the left, where the time went on the right. */
export const waterfall = (traceId: string, width = 44): string => {
  const spans = exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId);
  const start = Math.min(...spans.map((span) => toMs(span.startTime)));
  const end = Math.max(...spans.map((span) => toMs(span.endTime)));
  const scale = width / Math.max(end - start, 0.001);
  const lines: string[] = [];
  const visit = (parent: string | undefined, depth: number): void => {
    const children = spans.filter((span) => span.parentSpanContext?.spanId === parent);
    for (const span of children.toSorted((a, b) => toMs(a.startTime) - toMs(b.startTime))) {
      lines.push(line(span, depth, start, scale, width));
      visit(span.spanContext().spanId, depth + 1);
    }
  };
  visit(undefined, 0);
  return lines.join("\n");
};

const line = (span: ReadableSpan, depth: number, start: number, scale: number, width: number): string => {
  const phase = span.attributes["llm_gateway.stage.phase"];
  const status = span.attributes["http.response.status_code"];
  const name = span.name.replace("llm_gateway.stage ", "");
  const detail =
    phase === "stream" || phase === "response" ? ` (${phase})` : name === "POST" ? ` ${String(status ?? "")}` : "";
  const label = `${"  ".repeat(depth)}${name}${detail}`;
  const from = Math.floor((toMs(span.startTime) - start) * scale);
  const length = Math.max(1, Math.round(toMs(span.duration) * scale));
  const bar = `${" ".repeat(Math.min(from, width - 1))}${"█".repeat(Math.min(length, width - from))}`;
  return `${label.padEnd(38)} ${bar.padEnd(width)} ${toMs(span.duration).toFixed(1).padStart(7)} ms`;
};
