import { askChat } from "./ask-chat.ts";
import type { Project } from "./project.ts";

/** Both lines of the SDK that applications have, each with the API that goes with it. */

const registerSdk2 = `
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";

const spans = new InMemorySpanExporter();
const registerTracing = () => new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).register();
`;

const registerSdk3 = `
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

const spans = new InMemorySpanExporter();
const registerTracing = () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const spanProcessors = [new SimpleSpanProcessor({ exporter: spans })];
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors }));
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
const before = createGateway({ authenticate: allowAnyone() });
registerTracing();
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
const gateways = { before, after: createGateway({ authenticate: allowAnyone() }) };

const told = async () => {
  const { resourceMetrics } = await reader.collect();
  return {
    spans: spans.getFinishedSpans().map((span) => ({ name: span.name, trace: span.spanContext().traceId })),
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
  readonly spans: readonly { readonly name: string; readonly trace: string }[];
  readonly metrics: readonly { readonly name: string; readonly points: readonly { readonly count?: number }[] }[];
}

/** In each of the four traces, whichever gateway it is of. */
const spanNames = [
  "POST",
  "chat gpt-5-mini",
  "llm_gateway chat",
  ...["cache", "guardrail", "meter", "normalize", "retry", "route", "translate-stream"].map(
    (stage) => `llm_gateway.stage ${stage}`,
  ),
];

/** Asks both gateways, then whether all four requests were told of. */
const askAndCheck: Project["ask"] = async (origin) => {
  const early = await askChat("/before")(origin);
  const late = await askChat("/after")(origin);
  for (const [index, answer] of early.entries()) {
    if (answer !== late[index]) throw new Error(`The gateways say ${JSON.stringify([answer, late[index]])}.`);
  }
  const { spans, metrics } = (await (await fetch(`${origin}/told`)).json()) as Told;
  const traces = new Map<string, Set<string>>();
  for (const { name, trace } of spans) traces.set(trace, (traces.get(trace) ?? new Set()).add(name));
  const found = [...traces.values()].map((names) => [...names].toSorted().join(", "));
  const expected = Array.from({ length: 4 }, () => spanNames.join(", "));
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`There should be four times these spans: ${expected[0]}. There are ${JSON.stringify(found)}.`);
  }
  const durations = metrics.find(({ name }) => name === "llm_gateway.request.duration")?.points ?? [];
  const measured = durations.reduce((sum, { count = 0 }) => sum + count, 0);
  if (measured !== 4) throw new Error(`Four requests should be measured, not ${measured}: ${JSON.stringify(metrics)}`);
  return late;
};

export const openTelemetry2: Project = {
  name: "open-telemetry-2",
  package: "core",
  source: serverWith(registerSdk2),
  versions: {
    "@opentelemetry/api": "1.9.1",
    "@opentelemetry/sdk-metrics": "2.12.1",
    "@opentelemetry/sdk-trace-base": "2.12.1",
    "@opentelemetry/sdk-trace-node": "2.12.0",
  },
  ask: askAndCheck,
};

export const openTelemetry3: Project = {
  name: "open-telemetry-3",
  package: "core",
  source: serverWith(registerSdk3),
  versions: {
    "@opentelemetry/api": "1.10.0",
    "@opentelemetry/context-async-hooks": "3.1.1",
    "@opentelemetry/sdk-metrics": "3.1.1",
    "@opentelemetry/sdk-trace": "3.1.1",
  },
  ask: askAndCheck,
};
