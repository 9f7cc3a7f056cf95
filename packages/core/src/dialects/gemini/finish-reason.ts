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
 * A finish reason in the vocabulary. Calls make a stop `tool_calls`: the dialect has no reason of its own for them.
 * What is not in the table (`MALFORMED_FUNCTION_CALL`, `OTHER`, words yet to be invented) is a failure, unless the
 * model had answered in text alone: that answer stands.
 */
export const toFinishReason = (native: string, { text, calls }: Brought): FinishReason => {
  const reason = common.get(native);
  if (reason === "stop") return calls ? "tool_calls" : "stop";
  return reason ?? (text && !calls ? "stop" : "error");
};
