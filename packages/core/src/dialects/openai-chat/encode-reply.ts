import type { Choice, CollectedReply } from "../../chat/collect.ts";
import type { EncodeOptions, Json } from "../dialect.ts";
import { expectsFunctionCall } from "./deprecated-functions.ts";
import { fromExtras } from "./extras.ts";
import { writeMessage } from "./message-writer.ts";
import { writeUsage } from "./usage.ts";
import { isObject, present } from "../fields.ts";

/** Id of an answer whose provider gave none. */
export const madeReplyId = (requestId: string): string => `chatcmpl-${requestId}`;

/** Writes a whole answer as a `chat.completion`, with what else its clients expect. */
export const encodeReply = (reply: CollectedReply, options: EncodeOptions, more: Json = {}): string => {
  const { request, requestId, created } = options;
  const legacy = expectsFunctionCall(request);
  return JSON.stringify({
    ...fromExtras(reply.extras),
    id: reply.id ?? madeReplyId(requestId),
    object: "chat.completion",
    created: reply.created ?? created,
    model: reply.model ?? request.model,
    choices: reply.choices.map((choice) => writeChoice(choice, options, legacy)),
    ...(reply.usage === undefined ? {} : { usage: writeUsage(reply.usage, request.includeCost === true) }),
    ...present({ service_tier: reply.serviceTier, system_fingerprint: reply.systemFingerprint }),
    ...more,
  });
};

const writeChoice = (choice: Choice, options: EncodeOptions, legacy: boolean): Json => {
  const { message, ...extras } = fromExtras(choice.extras);
  const { finishReason, nativeFinishReason, logprobs } = choice;
  return {
    ...extras,
    index: choice.index,
    message: { ...(isObject(message) ? message : {}), ...writeMessage(choice, options, legacy) },
    logprobs: logprobs === undefined ? null : { content: logprobs, refusal: null },
    finish_reason: legacy && finishReason === "tool_calls" ? "function_call" : finishReason,
    ...(nativeFinishReason === undefined ? {} : { native_finish_reason: nativeFinishReason }),
  };
};
