import type { Message, Part } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Losses } from "../losses.ts";

/** The inputs as messages: what looks at the text of a request sees them where it sees every text. */
export const toMessages = (inputs: readonly Part[]): readonly Message[] =>
  inputs.map((part) => ({ role: "user", parts: [part] }));

/**
 * One input as a text.
 *
 * @throws GatewayError where it is no text, unless the operator wants that dropped.
 */
export const textOf = ({ parts }: Message, losses: Losses): string => {
  let text = "";
  for (const part of parts) {
    if (part.type === "text") text += part.text;
    else losses.meaning("input", part.type === "opaque" ? "it takes no token numbers" : `it embeds no ${part.type}`);
  }
  return text;
};

/** Names what only OpenAI-like servers take. In which form vectors come is nobody's business but ours. */
export const nameEmbeddingLosses = (request: ChatRequest, losses: Losses): void => {
  if (request.user !== undefined) losses.tuning("user");
  for (const name of Object.keys(request.extras ?? {})) losses.tuning(name);
};
