import { estimateInputTokens } from "../../chat/estimate.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { tokenCount, type Usage } from "../../chat/usage.ts";
import type { Json } from "../dialect.ts";

/** The counts of a last line as usage; `undefined` where it holds none. Counts of zero are left out on the wire. */
export const toUsage = (line: Json, request: ChatRequest): Usage | undefined => {
  const input = tokenCount(line["prompt_eval_count"]);
  const output = tokenCount(line["eval_count"]);
  if (input !== undefined) return { inputTokens: input, outputTokens: output ?? 0 };
  // No prompt is empty: the server had all of it in its cache, and older ones then do not count it.
  return output === undefined
    ? undefined
    : { inputTokens: estimateInputTokens(request), outputTokens: output, estimated: true };
};
