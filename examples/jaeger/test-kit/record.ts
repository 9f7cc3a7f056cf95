import { expect, vi } from "vitest";
import { startExample } from "../../test-example.ts";
import { readSpans, type Span } from "../traces/otlp.ts";
import { readTrace } from "../traces/read-trace.ts";
import { startReceiver } from "./receiver.ts";
import { scrapedSeries, sentSeries, type Series } from "./series.ts";

/** What was recorded of a round of requests. */
export interface Recorded {
  /** The trace of the request with this title. */
  readonly spansOf: (title: string) => Promise<readonly Span[]>;
  readonly series: () => Promise<Series>;
}

interface Round {
  readonly titles: readonly string[];
  readonly traceIdOf: (title: string) => string;
}

/** Runs the example for one round of requests, to its end: then everything is sent. */
const runRound = async (environment: Readonly<Record<string, string>>): Promise<Round> => {
  // Breakers are only told of while the gateway is open, so a round must not end before metrics are first sent.
  vi.stubEnv("OTEL_METRIC_EXPORT_INTERVAL", "500");
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const example = await startExample("jaeger");
  vi.unstubAllEnvs();
  expect(await example.interrupt()).toBe(0);
  const lines = example.output.matchAll(/^(.+?) +\d{3} {2}\S+\/trace\/([0-9a-f]{32})$/gm);
  const ids = new Map([...lines].map(([, title = "", traceId = ""]) => [title, traceId]));
  return {
    titles: [...ids.keys()],
    traceIdOf: (title) => {
      const traceId = ids.get(title);
      if (traceId === undefined) throw new Error(`The example names no trace for "${title}":\n${example.output}`);
      return traceId;
    },
  };
};

/** A round as it goes over the wire. */
export const recordOverTheWire = async (): Promise<Recorded> => {
  const receiver = await startReceiver();
  const { traceIdOf } = await runRound({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  });
  receiver.close();
  return {
    spansOf: async (title) => readSpans(receiver.traces, traceIdOf(title)),
    series: async () => sentSeries(receiver.metrics),
  };
};

/** A round as a real Jaeger tells it. `metrics` is where it shows what it got for Prometheus. */
export const recordWithJaeger = async (jaeger: string, metrics = ""): Promise<Recorded> => {
  const { titles, traceIdOf } = await runRound({});
  const spansOf: Recorded["spansOf"] = async (title) => readTrace(jaeger, traceIdOf(title));
  // It stores what comes in its own time, in the order in which it came: the last is waited for.
  const last = titles.at(-1) ?? "";
  const isThere = async (): Promise<boolean> => (await spansOf(last)).some(({ parent }) => parent === "");
  await expect.poll(isThere, { timeout: 10_000, interval: 100 }).toBe(true);
  return { spansOf, series: async () => scrapedSeries(await (await fetch(metrics)).text()) };
};
