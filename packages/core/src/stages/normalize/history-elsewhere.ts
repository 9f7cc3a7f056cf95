import type { ChatRequest } from "../../chat/request.ts";

// Fields by which dialects name earlier turns, or a prompt, that the provider keeps.
const fields = ["previous_response_id", "conversation", "prompt", "thread"] as const;

/** Whether turns before the first message are known to the provider only: calls may be there whose results are here. */
export const hasHistoryElsewhere = ({ extras }: ChatRequest): boolean =>
  extras !== undefined && fields.some((field) => extras[field] !== undefined && extras[field] !== null);
