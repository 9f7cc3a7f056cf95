import { readSpans, type ResourceSpans, type Span } from "./otlp.ts";

/** The spans of a trace that Jaeger has; none where it has not got it (yet). */
export const readTrace = async (jaeger: string, traceId: string): Promise<readonly Span[]> => {
  const response = await fetch(new URL(`/api/v3/traces/${traceId}`, jaeger));
  // Jaeger answers in OTLP's JSON, or with an error of another form.
  const { result } = (await response.json()) as { readonly result?: { readonly resourceSpans: ResourceSpans[] } };
  return readSpans(result?.resourceSpans ?? [], traceId);
};

interface PageTrace {
  readonly spans: readonly {
    readonly spanID: string;
    readonly operationName: string;
    readonly references: readonly { readonly spanID: string }[];
  }[];
}

/** The same as Jaeger tells its own pages, which have another form. */
export const readForPages = async (
  jaeger: string,
  traceId: string,
): Promise<readonly Pick<Span, "id" | "parent" | "name">[]> => {
  const response = await fetch(new URL(`/api/traces/${traceId}`, jaeger));
  const { data } = (await response.json()) as { readonly data: readonly PageTrace[] };
  return data.flatMap(({ spans }) =>
    spans.map(({ spanID, operationName, references }) => ({
      id: spanID,
      parent: references[0]?.spanID ?? "",
      name: operationName,
    })),
  );
};
