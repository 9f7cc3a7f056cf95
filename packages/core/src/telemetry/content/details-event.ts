import { ROOT_CONTEXT, trace, type Attributes, type Context, type Span } from "@opentelemetry/api";
import { packageName, version } from "../../version.ts";
import { logEvent } from "../semconv.ts";

/** What is used of OpenTelemetry's API and is there from 1.10 on. */
export interface LogsApi {
  readonly logs?: { readonly getLogger: (name: string, version: string) => LogWriter };
}

interface LogWriter {
  readonly enabled: (record: { readonly eventName: string; readonly context: Context }) => boolean;
  readonly emit: (record: { eventName: string; context: Context; attributes: Attributes }) => void;
}

/** The log record that tells of one inference, whose span it belongs to. */
export interface DetailsEvent {
  /** Whether anybody listens. */
  readonly enabled: (span: Span) => boolean;
  readonly emit: (span: Span, attributes: Attributes) => void;
}

/** `undefined` where the API is too old for log records. */
export const createDetailsEvent = ({ logs }: LogsApi): DetailsEvent | undefined => {
  if (logs === undefined) return undefined;
  // Asked for each time: the host may register its provider after it has made the gateway.
  const writer = (): LogWriter => logs.getLogger(packageName, version);
  const recordOf = (span: Span) => ({
    eventName: logEvent.inferenceDetails,
    context: trace.setSpan(ROOT_CONTEXT, span),
  });
  return {
    enabled: (span) => writer().enabled(recordOf(span)),
    emit: (span, attributes) => writer().emit({ ...recordOf(span), attributes }),
  };
};
