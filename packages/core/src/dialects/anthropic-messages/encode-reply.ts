import type { Choice, CollectedReply } from "../../chat/collect.ts";
import type { Citation, Part, ToolCallPart } from "../../chat/message.ts";
import { UpstreamError } from "../../errors.ts";
import type { EncodeOptions, Json } from "../dialect.ts";
import { isObject, present } from "../fields.ts";
import { encodeCitation } from "./citations.ts";
import type { Proof } from "../wrapped-proof.ts";
import { dialectId } from "./identity.ts";
import { toStopReason } from "./stop-reasons.ts";
import { asksForThinking, encodeReasoning, proofBlock } from "./thinking-blocks.ts";
import { encodeUsage } from "./usage.ts";

/** What opens a message: all that is known before the first block. */
export const encodeHead = (
  reply: Pick<CollectedReply, "id" | "model">,
  { requestId, request }: EncodeOptions,
): Json => ({
  id: reply.id ?? `msg_${requestId}`,
  type: "message",
  role: "assistant",
  model: reply.model ?? request.model,
});

/** How a message ended: the fields that a whole message and `message_delta` share. */
export const encodeEnding = (
  choice: Pick<Choice, "finishReason" | "nativeFinishReason" | "stopSequence" | "extras">,
  isRefusal: boolean,
): Json => {
  const stopReason = isRefusal ? "refusal" : toStopReason(choice);
  return {
    stop_reason: stopReason,
    stop_sequence: stopReason === "stop_sequence" ? (choice.stopSequence ?? null) : null,
    ...(isObject(choice.extras?.["stop_details"]) && { stop_details: choice.extras["stop_details"] }),
  };
};

/**
 * Writes a whole message.
 *
 * @throws UpstreamError `upstream_error` where the provider gave up, `upstream_invalid_response` for a tool call whose
 * arguments are no JSON object.
 */
export const encodeReply = (reply: CollectedReply, options: EncodeOptions): string => {
  const choice: Choice = reply.choices[0] ?? { index: 0, parts: [], citations: [], finishReason: "error" };
  if (choice.finishReason === "error") throw gaveUp();
  const content = encodeParts(choice, asksForThinking(options.request)).join(",");
  const isRefusal = choice.parts.some(({ type }) => type === "refusal");
  const tail = {
    ...encodeEnding(choice, isRefusal),
    usage: encodeUsage(reply.usage, reply.serviceTier),
    ...ownExtras(reply.extras),
  };
  // The blocks are joined as texts, so that arguments stay as the model wrote them.
  return `${JSON.stringify(encodeHead(reply, options)).slice(0, -1)},"content":[${content}],${JSON.stringify(tail).slice(1)}`;
};

/** Extras do not say whose they are, so only fields that are known to be Anthropic's go back. */
const ownExtras = (extras: Json = {}): Json => {
  const { container, context_management, diagnostics } = extras;
  return present({ container, context_management, diagnostics });
};

/** The error for an answer that its provider itself calls failed: there is no `stop_reason` for it. */
export const gaveUp = (): UpstreamError =>
  new UpstreamError("upstream_error", "The provider gave up before the answer was complete.");

const encodeParts = (choice: Choice, tellsProofs: boolean): readonly string[] => {
  const blocks: string[] = [];
  // Citations hang on the block they begin with.
  const citations = Map.groupBy(choice.citations, ({ start }) => start);
  let offset = 0;
  for (const part of choice.parts) {
    const block = encodePart(part, choice, citations.get(offset) ?? [], tellsProofs);
    const proof = tellsProofs ? encodeProof(part) : undefined;
    // Of a call it is told before, of a text behind.
    if (proof !== undefined && part.type === "tool-call") blocks.push(proof);
    if (block !== undefined) blocks.push(block);
    if (proof !== undefined && part.type === "text") blocks.push(proof);
    if (part.type === "text") offset += part.text.length;
  }
  return blocks;
};

/** The proof that has no place in the block of its own part. */
const encodeProof = (part: Part): string | undefined => {
  if ((part.type !== "text" && part.type !== "tool-call") || part.signature === undefined) return undefined;
  const { signature } = part;
  const proof: Proof = part.type === "text" ? { kind: "text", signature } : { kind: "call", signature, call: part.id };
  return JSON.stringify(proofBlock(proof));
};

const encodePart = (
  part: Part,
  choice: Choice,
  cited: readonly Citation[],
  tellsProofs: boolean,
): string | undefined => {
  switch (part.type) {
    case "text": {
      if (part.text === "" && part.signature !== undefined) return undefined;
      const citations = cited.map(encodeCitation).filter((citation) => citation !== undefined);
      return JSON.stringify({ type: "text", text: part.text, ...(citations.length > 0 && { citations }) });
    }
    case "refusal":
      // Anthropic's own form of it says the same.
      return choice.extras?.["stop_details"] === undefined
        ? JSON.stringify({ type: "text", text: part.text })
        : undefined;
    case "reasoning": {
      const block = encodeReasoning(part, tellsProofs);
      return block && JSON.stringify(block);
    }
    case "tool-call":
      return encodeToolUse(part, choice.finishReason === "length");
    case "opaque":
      return part.dialect === dialectId ? JSON.stringify(part.value) : undefined;
    default:
      return undefined;
  }
};

const encodeToolUse = ({ id, name, arguments: text }: ToolCallPart, wasCut: boolean): string | undefined => {
  const head = JSON.stringify({ type: "tool_use", id, name }).slice(0, -1);
  const input = text.trim() === "" ? "{}" : text;
  if (isJsonObject(input)) return `${head},"input":${input}}`;
  // The limit came in the middle of the arguments: `max_tokens` says so, and half a call is of no use.
  if (wasCut) return undefined;
  throw new UpstreamError(
    "upstream_invalid_response",
    `The arguments the model wrote for tool ${JSON.stringify(name)} are no JSON object.`,
  );
};

const isJsonObject = (text: string): boolean => {
  try {
    return isObject(JSON.parse(text));
  } catch {
    return false;
  }
};
