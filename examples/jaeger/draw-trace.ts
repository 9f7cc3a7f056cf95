/**
 * Draws a trace that Jaeger has, for a place where Jaeger's own page cannot be shown.
 *
 * Usage: node examples/jaeger/draw-trace.ts http://127.0.0.1:16686/trace/… > docs/trace.svg
 */
import type { Span } from "./traces/otlp.ts";
import { readTrace } from "./traces/read-trace.ts";

const margin = 16;
const head = 40;
const rowHeight = 20;
const timelineX = margin + 330;
const timelineWidth = 560;

const failedColour = "#dc2626";
/** By the kind of span. */
const colours: Readonly<Record<string, string>> = { SERVER: "#475569", INTERNAL: "#2563eb", CLIENT: "#7c3aed" };

interface Row {
  readonly span: Span;
  readonly depth: number;
}

/** The spans in the order of their tree, those that began earlier first. */
const rowsOf = (spans: readonly Span[], parent = "", depth = 0): readonly Row[] =>
  spans
    .filter((span) => span.parent === parent)
    .toSorted((a, b) => Number(a.start - b.start))
    .flatMap((span) => [{ span, depth }, ...rowsOf(spans, span.id, depth + 1)]);

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** What happened, in a word beside the name. */
const detailOf = ({ attributes }: Span): string => {
  const detail =
    attributes["llm_gateway.outcome"] ??
    attributes["llm_gateway.stage.phase"] ??
    attributes["llm_gateway.guardrail.verdict"] ??
    attributes["http.response.status_code"] ??
    attributes["error.type"];
  return typeof detail === "string" || typeof detail === "number" ? String(detail) : "";
};

const msBetween = (start: bigint, end: bigint): number => Number(end - start) / 1e6;

/** `toWidth` turns milliseconds into the length of a bar. */
const drawRow = ({ span, depth }: Row, y: number, root: Span, toWidth: (ms: number) => number): string => {
  const ms = msBetween(span.start, span.end);
  const x = timelineX + toWidth(msBetween(root.start, span.start));
  const width = Math.max(toWidth(ms), 1.5);
  const hasRoom = x + width < timelineX + 0.85 * timelineWidth;
  const detail = `<tspan dx="6" fill="#94a3b8">${escape(detailOf(span))}</tspan>`;
  const colour = span.failed ? failedColour : colours[span.kind];
  return [
    `<text x="${margin + depth * 12}" y="${y + 14}">${escape(span.name)}${detail}</text>`,
    `<rect x="${x.toFixed(1)}" y="${y + 4}" width="${width.toFixed(1)}" height="12" rx="2" fill="${colour}"/>`,
    drawTime(ms.toFixed(ms < 10 ? 2 : 0), hasRoom ? x + width + 5 : x - 5, y + 14, hasRoom ? "start" : "end"),
  ].join("\n");
};

const drawTime = (ms: string, x: number, y: number, anchor: "start" | "middle" | "end"): string =>
  `<text x="${x.toFixed(1)}" y="${y}" fill="#64748b" text-anchor="${anchor}">${ms} ms</text>`;

const drawTick = (share: number, totalMs: number, height: number): string => {
  const x = timelineX + share * timelineWidth;
  const line = `<line x1="${x}" y1="${head - 10}" x2="${x}" y2="${height - margin}" stroke="#e2e8f0"/>`;
  return `${line}\n${drawTime((share * totalMs).toFixed(0), x, head - 16, "middle")}`;
};

const draw = (rows: readonly [Row, ...Row[]]): string => {
  const [{ span: root }] = rows;
  const totalMs = msBetween(root.start, root.end);
  const toWidth = (ms: number): number => (ms / totalMs) * timelineWidth;
  const width = timelineX + timelineWidth + 2 * margin;
  const height = head + rows.length * rowHeight + margin;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, monospace" font-size="11" fill="#0f172a">`,
    `<rect width="${width}" height="${height}" rx="8" fill="#ffffff"/>`,
    ...[0, 0.25, 0.5, 0.75, 1].map((share) => drawTick(share, totalMs, height)),
    ...rows.map((row, index) => drawRow(row, head + index * rowHeight, root, toWidth)),
    "</svg>",
  ].join("\n");
};

const fail = (message: string): void => {
  console.error(message);
  process.exitCode = 1;
};

const [page = ""] = process.argv.slice(2);
const traceId = /\/trace\/([0-9a-f]{32})$/.exec(page)?.[1];
if (traceId === undefined) fail("Say which trace to draw, by the address of its page: http://127.0.0.1:16686/trace/…");
else {
  const [root, ...others] = rowsOf(await readTrace(page, traceId));
  if (root === undefined) fail(`Jaeger has no trace ${traceId}, or not yet its root: ask again in a moment.`);
  else console.log(draw([root, ...others]));
}
