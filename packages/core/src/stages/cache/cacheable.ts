import type { ChatRequest } from "../../chat/request.ts";

// Fields by which dialects name state that the provider keeps and changes, or servers that it asks.
const fields = ["conversation", "container", "thread", "mcp_servers"] as const;

/**
 * Whether the answer follows from the request alone. Not where the provider itself runs tools or keeps state: the same
 * words mean another request later, and the answer may hold blocks that only a wire frame can say in full.
 */
export const isCacheable = ({ tools, extras }: ChatRequest): boolean => {
  if (tools?.some(({ type }) => type === "opaque") === true) return false;
  return extras === undefined || !fields.some((field) => extras[field] !== undefined && extras[field] !== null);
};
