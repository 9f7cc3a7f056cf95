import { SpanKind, type Context as OtelContext } from "@opentelemetry/api";
import { guardCompat } from "./compat.ts";
import type { TelemetryParts } from "./parts.ts";
import { endSpan, startSpan } from "./safe-span.ts";
import { attribute, spanName } from "./semconv.ts";

/** One check of a guardrail. */
export interface GuardFacts {
  readonly name: string;
  readonly direction: "input" | "output";
  readonly verdict: "allow" | "flag" | "redact" | "block";
  readonly findings: number;
  readonly categories: readonly string[];
  /** When it began, in milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
}

/** Tells of a check once its verdict is known. */
export const tellGuard = ({ tracer, settings }: TelemetryParts, facts: GuardFacts, parent: OtelContext): void => {
  const { name, direction, verdict, findings, categories, startedAt, durationMs } = facts;
  const span = startSpan(
    tracer,
    spanName.guard(name),
    { kind: SpanKind.INTERNAL, startTime: startedAt, attributes: { [attribute.guardrailName]: name } },
    parent,
  );
  span.setAttributes({
    [attribute.guardrailDirection]: direction,
    [attribute.guardrailVerdict]: verdict,
    [attribute.guardrailFindings]: findings,
    ...(categories.length === 0 ? {} : { [attribute.guardrailCategories]: [...categories] }),
    ...guardCompat(settings.compat),
  });
  endSpan(span, startedAt + durationMs);
};
