import type { Signature } from "../../chat/message.ts";
import { isWrapped, unwrapProof, wrapProof } from "../wrapped-proof.ts";
import { signatureFormat } from "./identity.ts";

/** What a client sends back: proof of its own part, or the encrypted payload of a thought without one. */
export interface ReturnedSignature {
  readonly kind: "signature" | "encrypted";
  readonly signature: Signature;
}

/** Writes a signature as a `thoughtSignature`; those of other families are wrapped. */
export const writeSignature = (signature: Signature, kind: ReturnedSignature["kind"] = "signature"): string =>
  signature.format === signatureFormat && kind === "signature" ? signature.value : wrapProof({ kind, signature });

/** Reads a `thoughtSignature`; `undefined` for an empty one, and for one that proves nothing. */
export const readSignature = (text: string): ReturnedSignature | undefined => {
  if (text === "") return undefined;
  if (!isWrapped(text)) return { kind: "signature", signature: { format: signatureFormat, value: text } };
  const proof = unwrapProof(text);
  return proof && { kind: proof.kind === "encrypted" ? "encrypted" : "signature", signature: proof.signature };
};
