/** Id of the dialect, also on everything opaque that it carries. */
export const dialectId = "anthropic-messages";

/** Family of thinking signatures and redacted thinking: these go back to Claude and to nobody else. */
export const signatureFormat = "anthropic-claude-v1";
