import type { ChatEvent } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { tellsThoughts } from "./encode-parts.ts";

/** Whether bytes that stand for these events hold no thoughts, or go to a client that asked for them. */
export const passes = (events: readonly ChatEvent[], request: ChatRequest): boolean =>
  tellsThoughts(request) || !events.some(({ type }) => type === "reasoning-delta");
