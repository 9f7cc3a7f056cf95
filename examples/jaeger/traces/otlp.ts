/** A span as the tests look at it. */
export interface Span {
  readonly traceId: string;
  readonly id: string;
  readonly parent: string;
  readonly name: string;
  readonly kind: string;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
  /** Nanoseconds. */
  readonly start: bigint;
  readonly end: bigint;
}

/** The value of an attribute in OTLP's JSON: one field, named after the type. */
interface Value {
  readonly arrayValue?: { readonly values?: readonly Value[] };
  readonly intValue?: string | number;
  readonly [type: string]: unknown;
}

interface Attribute {
  readonly key: string;
  readonly value: Value;
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status?: { readonly code?: number };
  readonly attributes?: readonly Attribute[];
  readonly events?: readonly { readonly name: string }[];
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

/** What a sender of traces sends, and what Jaeger answers. */
export interface ResourceSpans {
  readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
}

interface Points {
  readonly dataPoints: readonly { readonly attributes?: readonly Attribute[] }[];
}

/** One metric, under the one of its three fields that says of which kind it is. */
export interface OtlpMetric {
  readonly name: string;
  readonly unit?: string;
  readonly sum?: Points & { readonly isMonotonic: boolean };
  readonly gauge?: Points;
  readonly histogram?: Points;
}

/** What a sender of metrics sends. */
export interface ResourceMetrics {
  readonly scopeMetrics: readonly { readonly metrics: readonly OtlpMetric[] }[];
}

const kinds = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"];
const errorStatus = 2;

const readValue = ({ arrayValue, intValue, ...other }: Value): unknown => {
  if (arrayValue !== undefined) return (arrayValue.values ?? []).map(readValue);
  return intValue === undefined ? Object.values(other)[0] : Number(intValue);
};

/** The attributes of anything in OTLP. */
export const readAttributes = (attributes: readonly Attribute[] = []): Span["attributes"] =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, readValue(value)]));

/** The spans of one trace. */
export const readSpans = (all: readonly ResourceSpans[], traceId: string): readonly Span[] =>
  all
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .filter((span) => span.traceId === traceId)
    .map((span) => ({
      traceId: span.traceId,
      id: span.spanId,
      parent: span.parentSpanId ?? "",
      name: span.name,
      kind: kinds[span.kind] ?? "",
      failed: span.status?.code === errorStatus,
      attributes: readAttributes(span.attributes),
      events: (span.events ?? []).map(({ name }) => name),
      start: BigInt(span.startTimeUnixNano),
      end: BigInt(span.endTimeUnixNano),
    }));
