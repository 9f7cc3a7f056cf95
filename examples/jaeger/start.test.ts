import { describe, expect, test } from "vitest";
import { checkLegends, checkQueries } from "./test-kit/check-dashboard.ts";
import { checkTraces } from "./test-kit/check-traces.ts";
import { recordOverTheWire, recordWithJaeger, type Recorded } from "./test-kit/record.ts";
import { readForPages } from "./traces/read-trace.ts";

/** Everything is read from one round of requests, which the first test sends. */
const once = (record: () => Promise<Recorded>): (() => Promise<Recorded>) => {
  let recorded: Promise<Recorded> | undefined;
  return () => (recorded ??= record());
};

describe("each legend of the dashboard shows what its queries keep", () => {
  checkLegends();
});

describe("over the wire", () => {
  const record = once(recordOverTheWire);
  describe("the traces of a round of requests", () => {
    checkTraces(record);
  });
  describe("the dashboard asks for metrics that are sent, by labels that they have", () => {
    checkQueries(record);
  });
});

const { JAEGER_URL = "", JAEGER_METRICS_URL = "", OTEL_EXPORTER_OTLP_ENDPOINT = "" } = process.env;
const isThere = JAEGER_URL !== "" && OTEL_EXPORTER_OTLP_ENDPOINT !== "";

describe.skipIf(!isThere)("in Jaeger (skipped without JAEGER_URL and OTEL_EXPORTER_OTLP_ENDPOINT)", () => {
  const record = once(() => recordWithJaeger(JAEGER_URL, JAEGER_METRICS_URL));
  describe("the traces of a round of requests", () => {
    checkTraces(record);
  });

  test("its own pages are told the same spans", async () => {
    const spans = await (await record()).spansOf("A provider is down: the next one answers");
    const told = await readForPages(JAEGER_URL, spans[0]?.traceId ?? "");
    expect(told).toHaveLength(spans.length);
    expect(told).toEqual(expect.arrayContaining(spans.map(({ id, parent, name }) => ({ id, parent, name }))));
  });

  describe.skipIf(JAEGER_METRICS_URL === "")(
    "the dashboard asks for metrics that are there to be scraped (skipped without JAEGER_METRICS_URL)",
    () => {
      checkQueries(record);
    },
  );
});
