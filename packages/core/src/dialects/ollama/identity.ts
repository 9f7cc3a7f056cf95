/** The dialect's id, on requests, frames and opaque parts. */
export const dialectId = "ollama";

/** Id for a call the server gave none, as older ones never do: unique in the conversation. */
export const madeCallId = (requestId: string, ordinal: number): string => `call_gw_${requestId}_${ordinal}`;
