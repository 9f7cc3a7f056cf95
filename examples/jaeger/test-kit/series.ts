import { readAttributes, type OtlpMetric, type ResourceMetrics } from "../traces/otlp.ts";

/** Time series as Prometheus has them: the labels of each, by its name. */
export type Series = ReadonlyMap<string, ReadonlySet<string>>;

const collect = (all: Iterable<readonly [name: string, labels: readonly string[]]>): Series => {
  const series = new Map<string, Set<string>>();
  for (const [name, labels] of all) series.set(name, new Set([...(series.get(name) ?? []), ...labels]));
  return series;
};

/** The series in an answer to Prometheus: one line each, `name{label="value",…} 1`. */
export const scrapedSeries = (text: string): Series =>
  collect(
    [...text.matchAll(/^([a-z_]+)(\{.*\})? /gm)].map(([, name = "", labels = ""]) => [
      name,
      [...labels.matchAll(/[{,]([a-z_]+)="/g)].map(([, label = ""]) => label),
    ]),
  );

const toWord = (name: string): string => name.replaceAll(".", "_");

/** How a metric of OpenTelemetry is called in Prometheus, by OpenTelemetry's own rules. */
const namesOf = ({ name, unit, sum, histogram }: OtlpMetric): readonly string[] => {
  const base = toWord(name) + (unit === "s" ? "_seconds" : "");
  if (histogram !== undefined) return [`${base}_bucket`, `${base}_sum`, `${base}_count`];
  return [sum?.isMonotonic === true ? `${base}_total` : base];
};

/** The series that Prometheus makes of what an application sent. It names the application by `job` and `instance`. */
export const sentSeries = (sent: readonly ResourceMetrics[]): Series =>
  collect(
    sent
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
      .flatMap((metric) => {
        const { dataPoints = [] } = metric.sum ?? metric.gauge ?? metric.histogram ?? {};
        const labels = dataPoints.flatMap(({ attributes }) => Object.keys(readAttributes(attributes)).map(toWord));
        const all = ["job", "instance", ...labels, ...(metric.histogram === undefined ? [] : ["le"])];
        return namesOf(metric).map((name) => [name, all] as const);
      }),
  );
