/** Where content is told: nowhere, as attributes of the inference span, in a log record, or in both. */
export type CaptureMode = "none" | "span" | "event" | "both";

const modes: Readonly<Record<string, CaptureMode>> = {
  NO_CONTENT: "none",
  SPAN_ONLY: "span",
  EVENT_ONLY: "event",
  SPAN_AND_EVENT: "both",
  // From before the modes had names. Every host that has traces can show it there.
  TRUE: "span",
};

/**
 * The mode that OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT asks for, in whatever case it is written. Other
 * instrumentation reads the variable as well, so a word that is not known here captures nothing.
 */
export const resolveCaptureDefault = (env: Readonly<Record<string, string | undefined>>): CaptureMode => {
  const word = env["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] ?? "";
  return modes[word.trim().toUpperCase()] ?? "none";
};
