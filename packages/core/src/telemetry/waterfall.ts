import type { Attributes } from "@opentelemetry/api";
import { attribute, shortName } from "./semconv.ts";

/** One span as it is drawn. */
export interface Bar {
  readonly name: string;
  readonly depth: number;
  /** Milliseconds on one clock for all. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Attributes;
}

const labelWidth = 38;
const barWidth = 44;

/** Spans as lines of text, each with its bar on a scale that the first span fills. */
export const drawBars = (bars: readonly Bar[]): string => {
  const [first] = bars;
  if (first === undefined) return "";
  const scale = barWidth / Math.max(first.endedAt - first.startedAt, 0.001);
  return bars.map((bar) => drawBar(bar, first.startedAt, scale)).join("\n");
};

const drawBar = (bar: Bar, start: number, scale: number): string => {
  const { depth, startedAt, endedAt } = bar;
  const ms = endedAt - startedAt;
  const from = Math.min(Math.max(0, Math.floor((startedAt - start) * scale)), barWidth - 1);
  const length = Math.min(Math.max(1, Math.round(ms * scale)), barWidth - from);
  const label = `${"  ".repeat(depth)}${labelOf(bar)}`;
  const drawn = `${" ".repeat(from)}${"█".repeat(length)}`;
  return `${label.padEnd(labelWidth)} ${drawn.padEnd(barWidth)} ${ms.toFixed(1).padStart(7)} ms`;
};

/** Attributes that say in a word how it went. */
const telling = [
  attribute.cacheResult,
  attribute.guardrailVerdict,
  attribute.httpStatus,
  attribute.outcome,
  attribute.errorType,
];

const labelOf = ({ name, attributes }: Bar): string => {
  const phase = attributes[attribute.stagePhase];
  const details = telling
    .map((key) => attributes[key])
    .filter((value) => value !== undefined && value !== "allow")
    .map(String);
  const words = [...(phase === "stream" || phase === "response" ? [phase] : []), ...new Set(details)];
  return words.length === 0 ? shortName(name) : `${shortName(name)} (${words.join(", ")})`;
};
