import type { ChatEvent } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { expectsFunctionCall } from "./deprecated-functions.ts";

/** Whether bytes that stand for these events hold nothing that this client is to be told in other words, or not at all. */
export const passes = (events: readonly ChatEvent[], request: ChatRequest): boolean => {
  const legacy = expectsFunctionCall(request);
  const hidesReasoning = request.reasoning?.exclude === true;
  for (const event of events) {
    switch (event.type) {
      case "tool-call-start":
      case "tool-call-delta":
      case "tool-call-end":
        if (legacy) return false;
        break;
      case "reasoning-delta":
        if (hidesReasoning) return false;
        break;
      case "reply-end":
        if (legacy && event.finishReason === "tool_calls") return false;
        break;
      default:
    }
  }
  return true;
};
