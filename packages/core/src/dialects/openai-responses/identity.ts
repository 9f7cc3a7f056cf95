/** Id of the dialect, also on everything opaque that it carries. */
export const dialectId = "openai-responses";

/** Family of encrypted reasoning: it goes back to servers of this dialect and to nobody else. */
export const reasoningFormat = "openai-responses-v1";
