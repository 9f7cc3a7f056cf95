import { opaqueWhole, type ChatEvent } from "../../chat/event.ts";
import { arrange } from "../../chat/flat-turn.ts";
import type { Part } from "../../chat/message.ts";
import { UpstreamError } from "../../errors.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { arrayIn, isObject, numberIn, objectIn, present, restOf, stringIn } from "../fields.ts";
import { isOwnContent, readContent } from "./answer-content.ts";
import { hasSources, readAnnotations, readSources } from "./citations.ts";
import { madeCallId } from "../made-call-id.ts";
import { throwIfError } from "../openai-errors.ts";
import { toExtras } from "./extras.ts";
import { isOwnFinishReason, readFinishReason } from "./finish-reason.ts";
import { readImages } from "./images.ts";
import { readReasoning, reasoningFields } from "./reasoning.ts";
import { signatureOn } from "./thought-signature.ts";
import { callIdsOf, isNullCall, readTool } from "./tool-call-pieces.ts";
import { findUsage } from "./usage.ts";

const headFields: ReadonlySet<string> = new Set([
  "id",
  "object",
  "created",
  "model",
  "choices",
  "usage",
  "service_tier",
  "system_fingerprint",
  "error",
]);
const choiceFields: ReadonlySet<string> = new Set([
  "index",
  "message",
  "delta",
  "finish_reason",
  "native_finish_reason",
  "logprobs",
]);
const messageFields: ReadonlySet<string> = new Set([
  "role",
  "content",
  "refusal",
  "tool_calls",
  "function_call",
  "annotations",
  "images",
  ...reasoningFields,
]);

/** Reads a whole answer. */
export const decodeReply = (body: Json, options: DecodeOptions): readonly ChatEvent[] => {
  throwIfError(body, options.provider);
  const choices = arrayIn(body, "choices").filter(isObject);
  if (choices.length === 0) {
    throw new UpstreamError("upstream_invalid_response", `${options.provider} sent an answer without choices.`, {
      provider: options.provider,
    });
  }
  const events: ChatEvent[] = [readStart(body, restOf(body, headFields))];
  choices.forEach((choice, position) => readChoice(choice, position, body, options, events));
  const usage = findUsage(body);
  if (usage !== undefined) events.push({ type: "usage", usage });
  return events;
};

/** The start of an answer, from its body or its first chunk. */
export const readStart = (body: Json, extras?: Json): ChatEvent =>
  present({
    type: "reply-start" as const,
    id: stringIn(body, "id") || undefined,
    model: stringIn(body, "model") || undefined,
    created: numberIn(body, "created") || undefined,
    serviceTier: stringIn(body, "service_tier") || undefined,
    systemFingerprint: stringIn(body, "system_fingerprint") || undefined,
    extras: toExtras(extras),
  });

const readChoice = (value: Json, position: number, body: Json, options: DecodeOptions, events: ChatEvent[]): void => {
  const choice = numberIn(value, "index") ?? position;
  const message = objectIn(value, "message") ?? {};
  const logprobs = readLogprobs(value);
  const plain = onlyText(message);
  if (plain !== undefined && logprobs === undefined && !hasSources(body)) {
    events.push({ type: "text-delta", choice, text: plain }, readEnd(value, choice, false, undefined));
    return;
  }
  const parts = readMessage(message, choice, options.requestId);
  let calls = 0;
  let hasText = false;
  parts.forEach((part, block) => {
    switch (part.type) {
      case "reasoning":
        events.push({ ...part, type: "reasoning-delta", choice, block });
        return;
      case "text":
        if (part.signature !== undefined) {
          events.push({ type: "text-delta", choice, text: part.text, signature: part.signature });
          return;
        }
        events.push(withLogprobs({ type: "text-delta", choice, text: part.text }, hasText ? undefined : logprobs));
        hasText = true;
        return;
      case "opaque":
        events.push(opaqueWhole("reasoning_details", choice, part));
        return;
      case "refusal":
        events.push({ type: "refusal-delta", choice, text: part.text });
        return;
      case "tool-call": {
        const index = calls++;
        const { id, name, kind, signature } = part;
        events.push(present({ type: "tool-call-start" as const, choice, index, id, name, kind, signature }));
        if (part.arguments !== "") events.push({ type: "tool-call-delta", choice, index, arguments: part.arguments });
        events.push({ type: "tool-call-end", choice, index });
        return;
      }
      default:
    }
  });
  if (!hasText && logprobs !== undefined) events.push({ type: "text-delta", choice, text: "", logprobs });
  for (const image of readImages(message)) events.push(opaqueWhole("images", choice, image));
  for (const citation of readAnnotations(message)) events.push({ type: "citation", choice, citation });
  if (choice === 0) for (const citation of readSources(body)) events.push({ type: "citation", choice, citation });
  events.push(readEnd(value, choice, calls > 0, message));
};

/** What a message says that is one text and nothing else, as most are: then nothing else has to be looked for. */
const onlyText = (message: Json): string | undefined => {
  let text: string | undefined;
  for (const name in message) {
    const value = message[name];
    if (name === "role") continue;
    if (name === "content" && typeof value === "string" && value !== "") text = value;
    else if (!messageFields.has(name) || !isNothing(value)) return undefined;
  }
  return text;
};

const isNothing = (value: unknown): boolean => value === null || (Array.isArray(value) && value.length === 0);

const withLogprobs = (
  event: Extract<ChatEvent, { type: "text-delta" }>,
  logprobs: readonly unknown[] | undefined,
): ChatEvent => (logprobs === undefined ? event : { ...event, logprobs });

/** The token probabilities of a choice's text. */
export const readLogprobs = (choice: Json): readonly unknown[] | undefined => {
  const content = arrayIn(objectIn(choice, "logprobs") ?? {}, "content");
  return content.length === 0 ? undefined : content;
};

const readMessage = (message: Json, choice: number, requestId: string): readonly Part[] => {
  const content: Part[] = [...readContent(message["content"])];
  const refusal = stringIn(message, "refusal");
  const calls = arrayIn(message, "tool_calls").filter(isObject);
  const legacy = objectIn(message, "function_call");
  if (legacy !== undefined) calls.push({ function: legacy });

  const { parts: reasoning, signatures } = readReasoning(message, callIdsOf(calls));
  if (refusal !== undefined && refusal !== "") content.push({ type: "refusal", text: refusal });
  let ordinal = 0;
  for (const call of calls) {
    const { kind, name, text } = readTool(call);
    // An empty object is a placeholder, not a call.
    if (name === "") continue;
    const id = stringIn(call, "id") || madeCallId(requestId, ordinal, choice);
    ordinal++;
    const signature = signatureOn(call) ?? signatures.get(id);
    content.push({
      type: "tool-call",
      kind,
      id,
      name,
      arguments: isNullCall(kind, text) ? "" : text,
      ...(signature === undefined ? {} : { signature }),
    });
  }
  return arrange(reasoning, content);
};

const readEnd = (value: Json, choice: number, hasCalls: boolean, message: Json | undefined): ChatEvent => {
  const word = stringIn(value, "finish_reason") ?? "";
  const inner = message === undefined ? undefined : restOf(message, messageFields);
  const outer = restOf(value, choiceFields);
  return endEvent(value, choice, word, hasCalls, inner === undefined ? outer : { ...outer, message: inner });
};

/** The end of a choice, for the word its server gave as the reason. */
export const endEvent = (value: Json, choice: number, word: string, hasCalls: boolean, extras?: Json): ChatEvent => {
  const finishReason = readFinishReason(word, hasCalls);
  const native = stringIn(value, "native_finish_reason") ?? word;
  return present({
    type: "reply-end" as const,
    choice,
    finishReason,
    nativeFinishReason: native === "" || native === finishReason ? undefined : native,
    stopSequence: stringIn(value, "stop_reason") ?? stringIn(value, "matched_stop"),
    extras: toExtras(extras),
  });
};

/** What no client knows (a finish reason, a content that is no text): the answer is written anew, with what it does. */
export const isBroken = (body: Json): boolean =>
  arrayIn(body, "choices").some((choice) => {
    if (!isObject(choice)) return false;
    const word = stringIn(choice, "finish_reason");
    const { content, tool_calls: calls } = objectIn(choice, "message") ?? {};
    return (word !== undefined && !isOwnFinishReason(word)) || !isOwnContent(content) || hasNullCall(calls);
  });

const hasNullCall = (calls: unknown): boolean =>
  Array.isArray(calls) && calls.filter(isObject).some((call) => isNullCall(readTool(call).kind, readTool(call).text));
