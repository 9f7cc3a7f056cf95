import type { ReasoningPart } from "../../chat/message.ts";
import { isWrapped, unwrapProof, wrapProof, type Proof } from "../wrapped-proof.ts";
import { reasoningFormat } from "./identity.ts";

/** The `encrypted_content` of a reasoning part; `undefined` where it has no proof. */
export const writeProof = ({
  signature,
  encrypted,
}: Pick<ReasoningPart, "signature" | "encrypted">): string | undefined => {
  if (encrypted === undefined) return signature && wrapProof({ kind: "signature", signature });
  return encrypted.format === reasoningFormat
    ? encrypted.value
    : wrapProof({ kind: "encrypted", signature: encrypted });
};

/** Reads an `encrypted_content`; `undefined` for one that proves nothing. This dialect's own is never wrapped. */
export const readProof = (text: string): Proof | undefined => {
  if (!isWrapped(text)) return { kind: "encrypted", signature: { format: reasoningFormat, value: text } };
  const proof = unwrapProof(text);
  return proof?.signature.format === reasoningFormat ? undefined : proof;
};
