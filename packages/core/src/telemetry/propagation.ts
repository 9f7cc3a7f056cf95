import {
  propagation,
  ROOT_CONTEXT,
  trace,
  type Attributes,
  type Context,
  type Link,
  type TextMapGetter,
} from "@opentelemetry/api";
import type { TelemetrySettings } from "./options.ts";
import { safely } from "./safely.ts";

/** A request's headers, by their names in lower case. */
export type ReadHeader = (name: string) => string | undefined;

const getter: TextMapGetter<ReadHeader> = {
  get: (header, name) => header(name.toLowerCase()),
  // Asked for only by formats that keep each entry of a baggage in a header of its own.
  keys: () => [],
};

/** Where a request's span belongs. */
export interface Parentage {
  readonly context: Context;
  /** Nothing in this process stands above it. */
  readonly isEntry: boolean;
  readonly links?: Link[];
}

/** The trace a request belongs to: the one its host has opened, else the caller's, as far as that is trusted. */
export const parentageOf = (
  active: Context,
  header: ReadHeader | undefined,
  { trustIncoming }: Pick<TelemetrySettings, "trustIncoming">,
): Parentage => {
  if (trace.getSpan(active) !== undefined) return { context: active, isEntry: false };
  if (header === undefined) return { context: active, isEntry: true };
  let incoming = active;
  safely(() => {
    incoming = propagation.extract(active, header, getter);
  });
  if (trustIncoming) return { context: incoming, isEntry: true };
  const caller = trace.getSpanContext(incoming);
  return { context: active, isEntry: true, ...(caller === undefined ? {} : { links: [{ context: caller }] }) };
};

/** Whether a request can belong to no trace at all: its host has opened none, and nobody reads its caller's. */
export const hasNoTrace = (active: Context): boolean => active === ROOT_CONTEXT && propagation.fields().length === 0;

/** What the caller's baggage says under these keys. */
export const baggageAttributes = (context: Context, keys: readonly string[]): Attributes => {
  if (keys.length === 0) return {};
  const baggage = propagation.getBaggage(context);
  const attributes: Attributes = {};
  for (const key of keys) {
    const entry = baggage?.getEntry(key);
    if (entry !== undefined) attributes[key] = entry.value;
  }
  return attributes;
};

// Baggage is the caller's business and stays here.
const traceHeaders = ["traceparent", "tracestate"] as const;

/** The headers that carry a trace on to a host, if it is one of those that are told. */
export const headersFor = (
  hostname: string,
  context: Context,
  { propagateTo }: Pick<TelemetrySettings, "propagateTo">,
): Readonly<Record<string, string>> => {
  if (!propagateTo.some((pattern) => matches(hostname, pattern.toLowerCase()))) return {};
  const carrier: Record<string, string> = {};
  safely(() => propagation.inject(propagation.deleteBaggage(context), carrier));
  const headers: Record<string, string> = {};
  for (const name of traceHeaders) {
    const value = carrier[name];
    if (value !== undefined) headers[name] = value;
  }
  return headers;
};

const matches = (hostname: string, pattern: string): boolean =>
  pattern.startsWith("*.") ? hostname.endsWith(pattern.slice(1)) : hostname === pattern;
