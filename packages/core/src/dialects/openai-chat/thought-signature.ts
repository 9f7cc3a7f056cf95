import type { Signature } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { isObject, objectIn, stringIn } from "../fields.ts";
import { thoughtSignatureFormat } from "./identity.ts";
import { callSignature, readPiece } from "./reasoning-details.ts";

/** The thought signature that stands on a tool call itself, in `extra_content`. */
export const signatureOn = (call: Json): Signature | undefined => {
  const value = stringIn(objectIn(objectIn(call, "extra_content") ?? {}, "google") ?? {}, "thought_signature");
  return value === undefined ? undefined : { format: thoughtSignatureFormat, value };
};

/** The signatures among `reasoning_details` that belong to one of these calls, by call id. */
export const signaturesIn = (
  details: readonly unknown[],
  callIds: ReadonlySet<string>,
): ReadonlyMap<string, Signature> => {
  const signatures = new Map<string, Signature>();
  for (const entry of details) {
    const piece = isObject(entry) ? readPiece(entry) : undefined;
    const signature = piece === undefined ? undefined : callSignature(piece, callIds);
    if (piece?.id !== undefined && signature !== undefined) signatures.set(piece.id, signature);
  }
  return signatures;
};
