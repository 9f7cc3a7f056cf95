import type { Choice, CollectedReply } from "../../chat/collect.ts";
import type { FinishReason } from "../../chat/event.ts";
import { sourceOf, type ChatRequest } from "../../chat/request.ts";
import type { EncodeOptions, Json } from "../dialect.ts";
import { present } from "../fields.ts";
import { writeUsage } from "../openai-chat/usage.ts";
import { promptOf, wantsEcho } from "./decode-request.ts";
import { writeLogprobs } from "./logprobs.ts";

/** What every object of an answer says of the whole. */
export const encodeHead = (
  { id, created, model, systemFingerprint }: Pick<CollectedReply, "id" | "created" | "model" | "systemFingerprint">,
  options: EncodeOptions,
): Json => ({
  id: id ?? `cmpl-${options.requestId}`,
  object: "text_completion",
  created: created ?? options.created,
  model: model ?? options.request.model,
  ...present({ system_fingerprint: systemFingerprint }),
});

/** What stands before each answer: the prompt, where it is to be told again. */
export const echoOf = (request: ChatRequest): string => {
  const body = sourceOf(request)?.body;
  return body !== undefined && wantsEcho(body) ? promptOf(body["prompt"]) : "";
};

/** A reason in the dialect's words. */
export const writeFinishReason = (reason: FinishReason): string => (reason === "tool_calls" ? "stop" : reason);

/** Writes a whole answer as a `text_completion`. */
export const encodeReply = (reply: CollectedReply, options: EncodeOptions): string => {
  const echo = echoOf(options.request);
  return JSON.stringify({
    ...encodeHead(reply, options),
    choices: reply.choices.map((choice) => writeChoice(choice, echo)),
    ...(reply.usage === undefined ? {} : { usage: writeUsage(reply.usage, options.request.includeCost === true) }),
  });
};

const writeChoice = ({ index, parts, logprobs, finishReason }: Choice, echo: string): Json => {
  let text = echo;
  // Who refuses does so in words; what else there is has no place here.
  for (const part of parts) if (part.type === "text" || part.type === "refusal") text += part.text;
  return {
    text,
    index,
    logprobs: logprobs === undefined ? null : writeLogprobs(logprobs, 0),
    finish_reason: writeFinishReason(finishReason),
  };
};
