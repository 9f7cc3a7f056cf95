import { askChat } from "./ask-chat.ts";
import type { Project } from "./project.ts";

/** Both lines of the SDK that applications have, each with the API that goes with it. */

const registerSdk2 = `
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";

import { logs } from "@opentelemetry/api-logs";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";

const spans = new InMemorySpanExporter();
const records = new InMemoryLogRecordExporter();
const registerSdk = () => {
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).register();
  logs.setGlobalLoggerProvider(new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: records })] }));
};
`;

const registerSdk3 = `
import { context, logs, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

const spans = new InMemorySpanExporter();
const records = new InMemoryLogRecordExporter();
const registerSdk = () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const spanProcessors = [new SimpleSpanProcessor({ exporter: spans })];
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors }));
  const processors = [new SimpleLogRecordProcessor({ exporter: records })];
  logs.setGlobalLoggerProvider(new LoggerProvider({ processors }));
};
`;

/** A gateway made before the SDK is registered and one made after it, and what the SDK was told. */
const serverWith = (registerSdk: string): string => `
import { createServer } from "node:http";
import { metrics } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { allowAnyone, createGateway } from "@llm-gateway/core";
import { handleNode } from "@llm-gateway/core/node";
${registerSdk}
const options = { authenticate: allowAnyone(), telemetry: { captureContent: "both" as const } };
const before = createGateway(options);
registerSdk();
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
const gateways = { before, after: createGateway(options) };

const told = async () => {
  const { resourceMetrics } = await reader.collect();
  return {
    spans: spans.getFinishedSpans().map((span) => ({
      name: span.name,
      trace: span.spanContext().traceId,
      hasContent: "gen_ai.output.messages" in span.attributes,
    })),
    records: records.getFinishedLogRecords().map((record) => ({
      name: record.eventName,
      trace: record.spanContext?.traceId,
      hasContent: "gen_ai.output.messages" in record.attributes,
    })),
    metrics: resourceMetrics.scopeMetrics.flatMap((scope) =>
      scope.metrics.map((metric) => ({ name: metric.descriptor.name, points: metric.dataPoints.map(({ value }) => value) })),
    ),
  };
};

export const server = createServer((request, response) => {
  const [, name = "", ...path] = (request.url ?? "").split("/");
  if (name === "before" || name === "after") {
    handleNode(gateways[name], request, response, { path: "/" + path.join("/") });
    return;
  }
  void told().then((all) => response.end(JSON.stringify(all)));
}).listen(0, "127.0.0.1");
`;

interface Told {
  readonly spans: readonly { readonly name: string; readonly trace: string; readonly hasContent: boolean }[];
  readonly records: readonly { readonly name: string; readonly trace: string; readonly hasContent: boolean }[];
  readonly metrics: readonly { readonly name: string; readonly points: readonly { readonly count?: number }[] }[];
}

const recordName = "gen_ai.client.inference.operation.details";

/** In each of the four traces, whichever gateway it is of. */
const spanNames = [
  "POST",
  "chat gpt-5-mini",
  "llm_gateway chat",
  ...["cache", "guardrail", "meter", "normalize", "retry", "route", "translate-stream"].map(
    (stage) => `llm_gateway.stage ${stage}`,
  ),
];

/**
 * Asks both gateways, then whether all four requests were told of.
 *
 * @param hasRecords What was said is in log records too, which the earlier API does not have.
 */
const askAndCheck =
  (hasRecords: boolean): Project["ask"] =>
  async (origin) => {
    const early = await askChat("/before")(origin);
    const late = await askChat("/after")(origin);
    for (const [index, answer] of early.entries()) {
      if (answer !== late[index]) throw new Error(`The gateways say ${JSON.stringify([answer, late[index]])}.`);
    }
    const { spans, records, metrics } = (await (await fetch(`${origin}/told`)).json()) as Told;
    const traces = new Map<string, Set<string>>();
    for (const { name, trace } of spans) traces.set(trace, (traces.get(trace) ?? new Set()).add(name));
    const found = [...traces.values()].map((names) => [...names].toSorted().join(", "));
    const expected = Array.from({ length: 4 }, () => spanNames.join(", "));
    if (JSON.stringify(found) !== JSON.stringify(expected)) {
      throw new Error(`There should be four times these spans: ${expected[0]}. There are ${JSON.stringify(found)}.`);
    }
    const withContent = spans.filter(({ hasContent }) => hasContent);
    if (withContent.length !== 4) throw new Error(`What was said is in ${withContent.length} spans, not four.`);
    const ofTraces = hasRecords ? [...traces.keys()].toSorted() : [];
    const said = records.filter(({ name, hasContent }) => hasContent && name === recordName);
    if (JSON.stringify(said.map(({ trace }) => trace).toSorted()) !== JSON.stringify(ofTraces)) {
      throw new Error(
        `Log records should be in the traces ${ofTraces.join(", ")}. There are ${JSON.stringify(records)}.`,
      );
    }
    const durations = metrics.find(({ name }) => name === "llm_gateway.request.duration")?.points ?? [];
    const measured = durations.reduce((sum, { count = 0 }) => sum + count, 0);
    if (measured !== 4)
      throw new Error(`Four requests should be measured, not ${measured}: ${JSON.stringify(metrics)}`);
    return late;
  };

export const openTelemetry2: Project = {
  name: "open-telemetry-2",
  package: "core",
  source: serverWith(registerSdk2),
  versions: {
    "@opentelemetry/api": "1.9.1",
    "@opentelemetry/api-logs": "0.223.1",
    "@opentelemetry/sdk-logs": "0.223.1",
    "@opentelemetry/sdk-metrics": "2.12.1",
    "@opentelemetry/sdk-trace-base": "2.12.1",
    "@opentelemetry/sdk-trace-node": "2.12.0",
  },
  ask: askAndCheck(false),
};

export const openTelemetry3: Project = {
  name: "open-telemetry-3",
  package: "core",
  source: serverWith(registerSdk3),
  versions: {
    "@opentelemetry/api": "1.10.0",
    "@opentelemetry/context-async-hooks": "3.1.1",
    "@opentelemetry/sdk-logs": "3.1.1",
    "@opentelemetry/sdk-metrics": "3.1.1",
    "@opentelemetry/sdk-trace": "3.1.1",
  },
  ask: askAndCheck(true),
};
