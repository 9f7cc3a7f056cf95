import type { ChatEvent } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";

/** Whether a provider's vectors are in the form the client asked for: not every provider can write both. */
export const passes = (events: readonly ChatEvent[], request: ChatRequest): boolean => {
  const wantsText = request.embedding?.encoding === "base64";
  return events.every((event) => event.type !== "embedding" || (typeof event.vector === "string") === wantsText);
};
