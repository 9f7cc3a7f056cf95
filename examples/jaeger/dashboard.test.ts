import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { recordOverTheWire, recordWithJaeger, type Recorded } from "./test-kit/record.ts";

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const file = readFileSync(new URL("grafana/llm-gateway.json", import.meta.url), "utf8");
// Grafana's own format, of which only this is looked at.
const { panels } = JSON.parse(file) as { readonly panels: readonly Panel[] };

/** What a query selects: `metric{label="value"}`. */
const selectorsOf = (expr: string): readonly { readonly metric: string; readonly labels: readonly string[] }[] =>
  [...expr.matchAll(/([a-z_]+)\{(.*?)\}/g)].map(([, metric = "", matchers = ""]) => ({
    metric,
    labels: [...matchers.matchAll(/([a-z_]+)(?:=|!)/g)].map(([, label = ""]) => label),
  }));

/** The labels that a query keeps. */
const keptBy = (expr: string): readonly string[] => /by \((.*?)\)/.exec(expr)?.[1]?.split(", ") ?? [];

/** The labels that a legend shows. */
const shownIn = (legend: string): readonly string[] =>
  [...legend.matchAll(/\{\{(.*?)\}\}/g)].map(([, label = ""]) => label);

test.each(panels)("the legend of $title shows what its queries keep", ({ targets }) => {
  for (const { expr, legendFormat } of targets) {
    expect(shownIn(legendFormat)).toEqual(keptBy(expr).filter((label) => label !== "le"));
  }
});

const checkQueries = (record: () => Promise<Recorded>): void => {
  let recorded: Promise<Recorded> | undefined;

  test.each(panels)(
    "$title",
    async ({ targets }) => {
      const series = await (await (recorded ??= record())).series();
      for (const { expr } of targets) {
        const selectors = selectorsOf(expr);
        expect(selectors.length).toBeGreaterThan(0);
        for (const { metric, labels } of selectors) {
          expect([...series.keys()]).toContain(metric);
          expect([...(series.get(metric) ?? [])]).toEqual(expect.arrayContaining([...labels, ...keptBy(expr)]));
        }
      }
    },
    30_000,
  );
};

describe("the dashboard asks for metrics that the example sends, by labels that they have", () => {
  checkQueries(recordOverTheWire);
});

const { JAEGER_URL = "", JAEGER_METRICS_URL = "", OTEL_EXPORTER_OTLP_ENDPOINT = "" } = process.env;

describe.skipIf(JAEGER_URL === "" || JAEGER_METRICS_URL === "" || OTEL_EXPORTER_OTLP_ENDPOINT === "")(
  "and that are there to be scraped (skipped without JAEGER_URL, JAEGER_METRICS_URL and OTEL_EXPORTER_OTLP_ENDPOINT)",
  () => {
    checkQueries(() => recordWithJaeger(JAEGER_URL, JAEGER_METRICS_URL));
  },
);
