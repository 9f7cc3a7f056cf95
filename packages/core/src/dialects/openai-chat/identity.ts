/** Id of the dialect, also on everything opaque that it carries. */
export const dialectId = "openai-chat";

/** Family of the thought signatures that hang on single tool calls instead of on reasoning. */
export const thoughtSignatureFormat = "google-gemini-v1";
