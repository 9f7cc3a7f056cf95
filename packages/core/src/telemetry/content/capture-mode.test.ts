import { expect, test } from "vitest";
import { resolveCaptureDefault } from "./capture-mode.ts";

test.each([
  [undefined, "none"],
  ["", "none"],
  ["NO_CONTENT", "none"],
  ["SPAN_ONLY", "span"],
  ["EVENT_ONLY", "event"],
  ["SPAN_AND_EVENT", "both"],
  ["span_and_event", "both"],
  [" true ", "span"],
  ["false", "none"],
  ["everything", "none"],
  ["__proto__", "none"],
])("%j in the environment captures %j", (word, mode) => {
  expect(resolveCaptureDefault({ OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: word })).toBe(mode);
});
