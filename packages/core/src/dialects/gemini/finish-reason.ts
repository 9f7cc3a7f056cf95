import type { FinishReason } from "../../chat/event.ts";

const common: ReadonlyMap<string, FinishReason> = new Map([
  ["STOP", "stop"],
  ["MAX_TOKENS", "length"],
  ["CONTINUATION", "length"],
  ["SAFETY", "content_filter"],
  ["RECITATION", "content_filter"],
  ["BLOCKLIST", "content_filter"],
  ["PROHIBITED_CONTENT", "content_filter"],
  ["SPII", "content_filter"],
  ["LANGUAGE", "content_filter"],
  ["MODEL_ARMOR", "content_filter"],
  ["IMAGE_SAFETY", "content_filter"],
  ["IMAGE_PROHIBITED_CONTENT", "content_filter"],
  ["IMAGE_RECITATION", "content_filter"],
]);

const failures: ReadonlySet<string> = new Set([
  "FINISH_REASON_UNSPECIFIED",
  "MALFORMED_FUNCTION_CALL",
  "UNEXPECTED_TOOL_CALL",
  "TOO_MANY_TOOL_CALLS",
  "MISSING_THOUGHT_SIGNATURE",
  "MALFORMED_RESPONSE",
  "NO_IMAGE",
  "IMAGE_OTHER",
  "OTHER",
]);

const words: Readonly<Record<FinishReason, string>> = {
  stop: "STOP",
  // The dialect has no reason of its own for calls.
  tool_calls: "STOP",
  length: "MAX_TOKENS",
  content_filter: "SAFETY",
  error: "OTHER",
};

/** Some servers write the enum's number. Past these the numbering differs between servers. */
const numbered: readonly string[] = [
  "FINISH_REASON_UNSPECIFIED",
  "STOP",
  "MAX_TOKENS",
  "SAFETY",
  "RECITATION",
  "OTHER",
];

/** The provider's own word for why a candidate ended; `undefined` where it said nothing. */
export const nativeFinishReason = (value: unknown): string | undefined => {
  if (typeof value === "number") return numbered[value] ?? String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
};

/** What a choice had brought when it ended. */
export interface Brought {
  readonly text: boolean;
  readonly calls: boolean;
}

/**
 * A finish reason in the vocabulary. Calls make a stop `tool_calls`: there is no reason of their own.
 * What is not in the table (`MALFORMED_FUNCTION_CALL`, `OTHER`, words yet to be invented) is a failure, unless the
 * model had answered in text alone: that answer stands.
 */
export const toFinishReason = (native: string, { text, calls }: Brought): FinishReason => {
  const reason = common.get(native);
  if (reason === "stop") return calls ? "tool_calls" : "stop";
  return reason ?? (text && !calls ? "stop" : "error");
};

/** Why a candidate ended, in this dialect's words: the provider's own where that is one and still says the same. */
export const writeFinishReason = (
  { finishReason, nativeFinishReason: native }: { finishReason: FinishReason; nativeFinishReason?: string },
  isRefusal: boolean,
): string => {
  if (isRefusal) return words.content_filter;
  if (native === undefined) return words[finishReason];
  const meant = words[common.get(native) ?? "error"];
  const isOwn = common.has(native) || failures.has(native);
  // A failure after text that stands is a stop to everybody else.
  const agrees = meant === words[finishReason] || (failures.has(native) && finishReason === "stop");
  return isOwn && agrees ? native : words[finishReason];
};
