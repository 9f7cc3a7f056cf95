import type { Choice, CollectedReply } from "../../chat/collect.ts";
import type { Citation, Part, ReasoningPart, ToolCallPart } from "../../chat/message.ts";
import { UpstreamError } from "../../errors.ts";
import type { EncodeOptions, Json } from "../dialect.ts";
import { isObject, present } from "../fields.ts";
import { encodeCitation } from "./citations.ts";
import { dialectId, signatureFormat } from "./identity.ts";
import { toStopReason } from "./stop-reasons.ts";
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
  const content = encodeParts(choice).join(",");
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

const encodeParts = (choice: Choice): readonly string[] => {
  const blocks: string[] = [];
  // Citations hang on the block they begin with.
  const citations = Map.groupBy(choice.citations, ({ start }) => start);
  let offset = 0;
  for (const part of choice.parts) {
    const block = encodePart(part, choice, citations.get(offset) ?? []);
    if (block !== undefined) blocks.push(block);
    if (part.type === "text") offset += part.text.length;
  }
  return blocks;
};

const encodePart = (part: Part, choice: Choice, cited: readonly Citation[]): string | undefined => {
  switch (part.type) {
    case "text": {
      const citations = cited.map(encodeCitation).filter((citation) => citation !== undefined);
      return JSON.stringify({ type: "text", text: part.text, ...(citations.length > 0 && { citations }) });
    }
    case "refusal":
      // Anthropic's own form of it says the same.
      return choice.extras?.["stop_details"] === undefined
        ? JSON.stringify({ type: "text", text: part.text })
        : undefined;
    case "reasoning":
      if (
        part.text === "" &&
        part.signature?.format !== signatureFormat &&
        part.encrypted?.format !== signatureFormat
      ) {
        return undefined;
      }
      return JSON.stringify(encodeReasoning(part));
    case "tool-call":
      return encodeToolUse(part, choice.finishReason === "length");
    case "opaque":
      return part.dialect === dialectId ? JSON.stringify(part.value) : undefined;
    default:
      return undefined;
  }
};

/** Clients expect a signature on each thinking block; reasoning from elsewhere gets an empty one and keeps its text. */
const encodeReasoning = ({ text, signature, encrypted }: ReasoningPart): Json =>
  encrypted?.format === signatureFormat
    ? { type: "redacted_thinking", data: encrypted.value }
    : { type: "thinking", thinking: text, signature: signature?.format === signatureFormat ? signature.value : "" };

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
