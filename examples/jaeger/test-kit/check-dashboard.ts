import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Recorded } from "./record.ts";

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const file = readFileSync(new URL("../grafana/llm-gateway.json", import.meta.url), "utf8");
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

/** Each legend shows what its queries keep. */
export const checkLegends = (): void => {
  test.each(panels)("$title", ({ targets }) => {
    for (const { expr, legendFormat } of targets) {
      expect(shownIn(legendFormat)).toEqual(keptBy(expr).filter((label) => label !== "le"));
    }
  });
};

/** The dashboard asks for metrics that a round has, by labels that they have. */
export const checkQueries = (record: () => Promise<Recorded>): void => {
  test.each(panels)("$title", async ({ targets }) => {
    const series = await (await record()).series();
    for (const { expr } of targets) {
      const selectors = selectorsOf(expr);
      expect(selectors.length).toBeGreaterThan(0);
      for (const { metric, labels } of selectors) {
        expect([...series.keys()]).toContain(metric);
        expect([...(series.get(metric) ?? [])]).toEqual(expect.arrayContaining([...labels, ...keptBy(expr)]));
      }
    }
  });
};
