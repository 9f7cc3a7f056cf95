import type { Message, Part, ToolCallPart, ToolResultPart } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { present } from "../fields.ts";
import { nameForeignFields } from "../foreign-fields.ts";
import type { Losses } from "../losses.ts";
import { parseArguments } from "../tool-calls.ts";
import { encodeContent } from "./content.ts";

/** Writes the conversation. Images a tool returned follow the results of its turn as a message of the user. */
export const encodeMessages = (conversation: readonly Message[], losses: Losses): readonly Json[] => {
  const messages: Json[] = [];
  const callNames = new Map<string, string>();
  let images: Json[] = [];
  const flushImages = (): void => {
    messages.push(...images);
    images = [];
  };
  for (const message of conversation) {
    nameForeignFields(message, losses);
    if (message.role === "tool") {
      for (const part of message.parts) {
        if (part.type !== "tool-result") continue;
        const { result, attached } = encodeResult(part, callNames.get(part.toolCallId), losses);
        messages.push(result);
        images.push(...attached);
      }
      continue;
    }
    flushImages();
    for (const part of message.parts) if (part.type === "tool-call") callNames.set(part.id, part.name);
    if (message.role === "assistant") messages.push(...encodeAssistant(message, losses));
    else messages.push(encodeSpeech(message, losses));
  }
  flushImages();
  return messages;
};

const encodeSpeech = ({ role, parts }: Message, losses: Losses): Json => ({
  role: role === "user" ? "user" : "system",
  ...encodeContent(parts, "\n\n", losses),
});

/** Nothing for a turn of which nothing is left, such as one that held only another family's reasoning. */
const encodeAssistant = ({ parts }: Message, losses: Losses): readonly Json[] => {
  const content = encodeContent(parts, "", losses);
  const thinking = thinkingOf(parts);
  const calls = parts.filter((part) => part.type === "tool-call");
  if (content.content === "" && content.images === undefined && thinking === "" && calls.length === 0) return [];
  const message = {
    role: "assistant",
    ...content,
    thinking: thinking === "" ? undefined : thinking,
    tool_calls: calls.length === 0 ? undefined : calls.map(encodeCall),
  };
  return [present(message)];
};

/** A turn's reasoning. What another family proved is for that family only. */
const thinkingOf = (parts: readonly Part[]): string =>
  parts
    .filter((part) => part.type === "reasoning")
    .filter(({ text, signature, encrypted }) => text !== "" && signature === undefined && encrypted === undefined)
    .map(({ text }) => text)
    .join("\n\n");

// Older servers leave ids unread and match results by their order.
const encodeCall = (call: ToolCallPart): Json => ({
  id: call.id,
  type: "function",
  function: { name: call.name, arguments: parseArguments(call) },
});

/** @param calledName What the call names; the client only has to give the call's id. */
const encodeResult = (
  { toolCallId, name, content }: ToolResultPart,
  calledName: string | undefined,
  losses: Losses,
): { readonly result: Json; readonly attached: readonly Json[] } => {
  const { images, ...text } = encodeContent(content, "\n", losses);
  const result = present({ role: "tool", tool_name: calledName ?? name, tool_call_id: toolCallId, ...text });
  const note = `Returned by the tool call ${toolCallId}:`;
  return { result, attached: images === undefined ? [] : [{ role: "user", content: note, images }] };
};
