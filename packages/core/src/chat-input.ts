import type { Message, Part } from "./chat/message.ts";
import type { ChatRequest } from "./chat/request.ts";
import { invalidValue } from "./dialects/fields.ts";

/** A message of an in-process call: with `content` as plain text, or with `parts` of the vocabulary. */
export type MessageInput = Message | (Omit<Message, "parts"> & { readonly content: string });

/** A request of an in-process call: the vocabulary's own, with everything optional but model and messages. */
export type ChatInput = Partial<Omit<ChatRequest, "messages" | "model" | "dialect">> & {
  readonly model: string;
  readonly messages: readonly MessageInput[];
};

/** What stands for a dialect in calls that have none. */
export const inProcess = "gateway";

/**
 * An in-process call as a request.
 *
 * @throws GatewayError `invalid_value` where model or messages are not what the types say.
 */
export const toChatRequest = (input: ChatInput): ChatRequest => {
  if (typeof input.model !== "string" || input.model === "")
    throw invalidValue("model", "the name of a model", input.model);
  if (!Array.isArray(input.messages)) throw invalidValue("messages", "an array of messages", input.messages);
  const messages = (input.messages as readonly MessageInput[]).map(toMessage);
  return { stream: false, includeUsage: true, ...input, messages, dialect: inProcess };
};

const toMessage = (message: MessageInput, index: number): Message => {
  if (!("content" in message)) {
    if (Array.isArray(message.parts)) return message;
    throw invalidValue(`messages[${index}]`, "a message with `content` or `parts`", message);
  }
  const { content, ...rest } = message;
  if (typeof content !== "string") throw invalidValue(`messages[${index}].content`, "a string", content);
  const parts: readonly Part[] = [{ type: "text", text: content }];
  return { ...rest, parts };
};
