/** The dialect's id, on requests, frames and opaque parts. */
export const dialectId = "gemini";

/** Tag of the thought signatures this dialect issues and takes back. */
export const signatureFormat = "google-gemini-v1";

/** Id for a call the provider gave none: unique in the conversation, and recognised when it comes back. */
export const madeCallId = (requestId: string, ordinal: number): string => `call_gw_${requestId}_${ordinal}`;

/**
 * Whether an id was never this provider's: made by the gateway, or by another provider whose turn is replayed here.
 * Such ids are left out of call and response alike; the provider then matches them by order and name.
 */
export const isForeignCallId = (id: string): boolean => id === "" || /^(call_|tool|fc_|chatcmpl-)/.test(id);
