import type { ChatEvent } from "../../chat/event.ts";
import { isObject, numberIn, stringIn } from "../fields.ts";

/** The dialect's id, on requests, frames and opaque parts. */
export const dialectId = "gemini";

/** Tag of the thought signatures this dialect issues and takes back. */
export const signatureFormat = "google-gemini-v1";

/** Takes the place of a signature that was lost, or that never was because another model made the call. */
export const skipSignature = "skip_thought_signature_validator";

/**
 * Whether an id was never this provider's: made by the gateway, or by another provider whose turn is replayed here.
 * Such ids are left out of call and response alike; the provider then matches them by order and name.
 */
export const isForeignCallId = (id: string): boolean => id === "" || /^(call_|tool|fc_|chatcmpl-)/.test(id);

const finishReason = "finishReason";

/** Says which frame of a stream announced the end of a candidate: the end itself comes last. */
export const announceEnd = (index: number, reason: string): ChatEvent => ({
  type: "opaque",
  dialect: dialectId,
  name: finishReason,
  value: { index, finishReason: reason },
});

/** The candidate that an event announces the end of, and the provider's reason; `undefined` for all other events. */
export const announcedEnd = (event: ChatEvent): readonly [index: number, reason: string] | undefined => {
  if (event.type !== "opaque" || event.dialect !== dialectId || event.name !== finishReason) return undefined;
  const { value } = event;
  if (!isObject(value)) return undefined;
  return [numberIn(value, "index") ?? 0, stringIn(value, finishReason) ?? ""];
};
