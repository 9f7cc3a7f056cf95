import type { FinishReason } from "../../chat/event.ts";

/** `load` and `unload` answer requests without messages. */
const common: ReadonlyMap<string, FinishReason> = new Map([
  ["stop", "stop"],
  ["length", "length"],
  ["load", "stop"],
  ["unload", "stop"],
]);

/** What an answer had brought when it ended. */
interface Brought {
  readonly text: boolean;
  readonly calls: boolean;
}

/**
 * `done_reason` in the vocabulary; older servers give none. Calls make a stop `tool_calls`: the dialect has no reason of
 * its own for them. A word that is not known is a failure, unless there is an answer.
 */
export const toFinishReason = (native: string | undefined, { text, calls }: Brought): FinishReason => {
  const reason = common.get(native ?? "stop") ?? (text || calls ? "stop" : "error");
  return reason === "stop" && calls ? "tool_calls" : reason;
};
