import type { ChatRequest } from "../../chat/request.ts";
import { arrayIn, isObject } from "../fields.ts";

/**
 * Whether a custom call is the client's to answer. Servers that run tools of their own tell of them in items of the
 * same type: theirs are those that the client never defined.
 */
export const isClientTool = (name: string, { tools = [], messages, extras }: ChatRequest): boolean => {
  // Those of a prompt that is kept by the server are not known here.
  if (tools.length === 0 && extras?.["prompt"] !== undefined) return true;
  if (tools.some((tool) => tool.type === "custom" && tool.name === name)) return true;
  // Tools may also be added in the middle of a conversation.
  return messages.some(({ parts }) =>
    parts.some((part) => {
      const value = part.type === "opaque" ? part.value : undefined;
      return isObject(value) && arrayIn(value, "tools").some((tool) => isObject(tool) && tool["name"] === name);
    }),
  );
};
