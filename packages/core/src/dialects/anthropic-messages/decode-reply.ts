import type { ChatEvent, OpaqueEvent, ReplyStart } from "../../chat/event.ts";
import { UpstreamError } from "../../errors.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn, present, restOf, stringIn } from "../fields.ts";
import { madeCallId } from "../made-call-id.ts";
import { toUpstreamError } from "../upstream-error.ts";
import { decodeCitation } from "./citations.ts";
import { decodeError } from "./errors.ts";
import { dialectId, signatureFormat } from "./identity.ts";
import { toFinishReason } from "./stop-reasons.ts";
import { decodeUsage, decodeUsedTier } from "./usage.ts";

/** The events of a whole message. */
export const decodeReply = (body: Json, { provider, requestId }: DecodeOptions): readonly ChatEvent[] => {
  const { content, error } = body;
  if (body["type"] === "error" || isObject(error) || typeof error === "string") {
    throw toUpstreamError(decodeError(body), { provider });
  }
  if (!Array.isArray(content)) {
    throw new UpstreamError("upstream_invalid_response", `${provider} answered without any content.`, { provider });
  }
  const events: ChatEvent[] = [decodeStart(body)];
  let textLength = 0;
  let toolCalls = 0;
  content.forEach((block: unknown, index) => {
    if (!isObject(block)) return;
    switch (block["type"]) {
      case "text":
        events.push(...decodeText(block, index, textLength));
        textLength += stringIn(block, "text")?.length ?? 0;
        return;
      case "tool_use":
        events.push(...decodeToolUse(block, toolCalls, madeCallId(requestId, toolCalls)));
        toolCalls++;
        return;
      default: {
        const reasoning = decodeReasoning(block, index);
        events.push(...(reasoning === undefined ? decodeOpaque(block, index) : [reasoning]));
      }
    }
  });
  const usage = decodeUsage(objectIn(body, "usage"));
  if (usage !== undefined) events.push({ type: "usage", usage });
  events.push(...decodeEnd(body, toolCalls > 0));
  return events;
};

const messageFields: ReadonlySet<string> = new Set([
  "id",
  "type",
  "role",
  "model",
  "content",
  "stop_reason",
  "stop_sequence",
  "stop_details",
  "usage",
]);

/** The start of a reply, from a whole message or from the empty one that opens a stream. */
export const decodeStart = (message: Json): ReplyStart => {
  const tier = stringIn(objectIn(message, "usage") ?? {}, "service_tier");
  return present({
    type: "reply-start" as const,
    id: stringIn(message, "id"),
    model: stringIn(message, "model"),
    serviceTier: tier === undefined ? undefined : decodeUsedTier(tier),
    extras: restOf(message, messageFields),
  });
};

/** What ends a reply, from a whole message or the `delta` of a stream. A refusal's explanation comes before the end. */
export const decodeEnd = (message: Json, hasToolCalls: boolean): readonly ChatEvent[] => {
  const stopReason = stringIn(message, "stop_reason");
  const details = objectIn(message, "stop_details");
  const explanation = details && stringIn(details, "explanation");
  const end: ChatEvent = present({
    type: "reply-end" as const,
    choice: 0,
    finishReason: toFinishReason(stopReason, hasToolCalls),
    nativeFinishReason: stopReason,
    stopSequence: stringIn(message, "stop_sequence"),
    extras: details && { stop_details: details },
  });
  return explanation === undefined || explanation === ""
    ? [end]
    : [{ type: "refusal-delta", choice: 0, text: explanation }, end];
};

const decodeText = (block: Json, index: number, start: number): readonly ChatEvent[] => {
  const text = stringIn(block, "text") ?? "";
  const citations = arrayIn(block, "citations").filter(isObject);
  return [
    { type: "text-delta", choice: 0, text, block: index },
    ...citations.map((citation): ChatEvent => {
      return {
        type: "citation",
        choice: 0,
        citation: decodeCitation(citation, start, start + text.length),
        block: index,
      };
    }),
  ];
};

const decodeToolUse = (block: Json, index: number, fallbackId: string): readonly ChatEvent[] => [
  {
    type: "tool-call-start",
    choice: 0,
    index,
    id: stringIn(block, "id") ?? fallbackId,
    name: stringIn(block, "name") ?? "",
    kind: "function",
  },
  { type: "tool-call-delta", choice: 0, index, arguments: JSON.stringify(block["input"] ?? {}) },
  { type: "tool-call-end", choice: 0, index },
];

/** The reasoning in a `thinking` or `redacted_thinking` block; `undefined` for any other block. */
export const decodeReasoning = (block: Json, index: number): ChatEvent | undefined => {
  if (block["type"] === "redacted_thinking") {
    const encrypted = { format: signatureFormat, value: stringIn(block, "data") ?? "" };
    return { type: "reasoning-delta", choice: 0, text: "", block: index, encrypted };
  }
  if (block["type"] !== "thinking") return undefined;
  const signature = stringIn(block, "signature") ?? "";
  return present({
    type: "reasoning-delta" as const,
    choice: 0,
    text: stringIn(block, "thinking") ?? "",
    block: index,
    signature: signature === "" ? undefined : { format: signatureFormat, value: signature },
  });
};

/** A block without a meaning elsewhere, in the words of a stream, so that it can be streamed too. */
const decodeOpaque = (block: Json, index: number): readonly ChatEvent[] => {
  const toEvent = (name: string, value: Json): OpaqueEvent => {
    return { type: "opaque", dialect: dialectId, name, value: { type: name, index, ...value } };
  };
  const start = toEvent("content_block_start", { content_block: block });
  return [{ ...start, completes: completedBlock(block) }, toEvent("content_block_stop", {})];
};

/** A block that only this dialect can say, as a part of the answer. */
export const completedBlock = (block: Json): NonNullable<OpaqueEvent["completes"]> => ({
  choice: 0,
  part: { type: "opaque", dialect: dialectId, value: block },
});
