import type { Clock } from "../pipeline/clock.ts";
import type { ContentCapture } from "./content/capture.ts";
import type { LateTracer } from "./late-tracer.ts";
import type { Metrics } from "./metrics.ts";
import type { TelemetrySettings } from "./options.ts";

/** What the telemetry of all requests of a gateway shares. */
export interface TelemetryParts {
  readonly settings: TelemetrySettings;
  readonly tracer: LateTracer;
  readonly metrics: Metrics;
  /** Present where somebody wants to see what was said. */
  readonly content: ContentCapture | undefined;
  readonly clock: Clock;
}
