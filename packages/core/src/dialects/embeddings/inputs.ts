import type { Message, Part } from "../../chat/message.ts";
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
