import { diag } from "@opentelemetry/api";
import { packageName } from "../version.ts";

/** Runs what must not reach a request, whatever it throws: OpenTelemetry's own log is told instead. */
export const safely = (run: () => void): void => {
  try {
    run();
  } catch (error) {
    diag.error(`${packageName}: telemetry failed.`, error);
  }
};
