import type { Span } from "../traces/otlp.ts";

/** What a span is called in a drawn tree. The most common kind, INTERNAL, is not said. */
const label = ({ kind, name, attributes }: Span): string => {
  const phase = attributes["llm_gateway.stage.phase"];
  const status = kind === "CLIENT" ? attributes["http.response.status_code"] : undefined;
  return [kind === "INTERNAL" ? [] : kind, name.replace("llm_gateway.", ""), phase ?? [], status ?? []]
    .flat()
    .join(" ");
};

/**
 * Every span by the path to it from the root, sorted: siblings may begin at the same time. Without those over a stage's
 * work on a reply that is not read yet: they are there where it took a millisecond.
 */
export const pathsOf = (spans: readonly Span[]): readonly string[] => {
  const byId = new Map(spans.map((span) => [span.id, span]));
  const pathOf = (span: Span): string => {
    const parent = byId.get(span.parent);
    return parent === undefined ? label(span) : `${pathOf(parent)} > ${label(span)}`;
  };
  return spans
    .filter(({ attributes }) => attributes["llm_gateway.stage.phase"] !== "response")
    .map(pathOf)
    .toSorted();
};

/** The same of a tree that is drawn with two spaces for each level. */
export const pathsIn = (drawing: string): readonly string[] => {
  const above: string[] = [];
  return drawing
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const depth = line.search(/\S/) / 2;
      above.splice(depth, Infinity, line.trim());
      return above.join(" > ");
    })
    .toSorted();
};
