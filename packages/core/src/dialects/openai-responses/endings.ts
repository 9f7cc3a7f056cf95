import type { FinishReason, ReplyEnd } from "../../chat/event.ts";
import { UpstreamError } from "../../errors.ts";
import type { Json } from "../dialect.ts";
import { objectIn, present, stringIn } from "../fields.ts";
import { throwError } from "../openai-errors.ts";

const incompleteMeanings: ReadonlyMap<string, FinishReason> = new Map([
  ["max_output_tokens", "length"],
  ["content_filter", "content_filter"],
  ["max_messages", "stop"],
  ["steered", "stop"],
]);

/**
 * How a response ended. Calls outrank `stop`, but not `length`: a call that was cut must not look whole.
 *
 * @throws UpstreamError for a response that failed, was cancelled, or has not ended at all.
 */
export const readEnd = (response: Json, hasCalls: boolean, provider: string): ReplyEnd => {
  const status = stringIn(response, "status") ?? "completed";
  switch (status) {
    case "failed":
      return throwError(response, provider);
    case "cancelled":
      throw new UpstreamError("upstream_error", `${provider} cancelled its answer.`, { provider });
    case "queued":
    case "in_progress":
      throw new UpstreamError("upstream_invalid_response", `${provider} sent an answer that is not finished.`, {
        provider,
      });
    default:
  }
  const native =
    status === "incomplete" ? (stringIn(objectIn(response, "incomplete_details") ?? {}, "reason") ?? status) : status;
  const meaning = status === "incomplete" ? (incompleteMeanings.get(native) ?? "length") : "stop";
  return {
    type: "reply-end",
    choice: 0,
    finishReason: meaning === "stop" && hasCalls ? "tool_calls" : meaning,
    nativeFinishReason: native,
  };
};

/** How a response of this dialect says that it ended so. */
export interface Ending {
  readonly status: "completed" | "incomplete" | "failed";
  readonly incomplete_details: { readonly reason: string } | null;
}

/** The ending in the dialect's words; a reason that was read in this dialect stays what it was. */
export const writeEnd = ({
  finishReason,
  nativeFinishReason,
}: Pick<ReplyEnd, "finishReason" | "nativeFinishReason">): Ending => {
  const reason =
    nativeFinishReason !== undefined && incompleteMeanings.get(nativeFinishReason) !== undefined
      ? nativeFinishReason
      : { length: "max_output_tokens", content_filter: "content_filter" }[finishReason as string];
  if (finishReason === "error") return { status: "failed", incomplete_details: null };
  return reason === undefined
    ? { status: "completed", incomplete_details: null }
    : { status: "incomplete", incomplete_details: present({ reason }) };
};
