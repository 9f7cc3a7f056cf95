/** The dialect's id, on requests, frames and opaque parts. */
export const dialectId = "ollama";
