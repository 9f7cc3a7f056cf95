import type { Part, ReasoningPart, Signature } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import { isWrapped, unwrapProof, wrapProof, type Proof } from "../wrapped-proof.ts";
import { signatureFormat } from "./identity.ts";

/*
 * Blocks of thinking are the one place in this dialect where a client keeps a proof for its provider. Claude's own stand
 * there as they are; those of another family travel there wrapped, also where they prove a text or a tool call.
 */

/** Whether a client asked for thinking. Others would look in vain for text in the block that comes first. */
export const asksForThinking = ({ reasoning }: ChatRequest): boolean =>
  reasoning?.enabled === true || reasoning?.adaptive === true;

/** The `signature` of a thinking block for what proves it; `undefined` where this client is told none. */
export const writeSignature = (
  { signature, encrypted }: Pick<ReasoningPart, "signature" | "encrypted">,
  isAsked: boolean,
): string | undefined => {
  if (signature?.format === signatureFormat) return signature.value;
  if (!isAsked) return undefined;
  if (signature !== undefined) return wrapProof({ kind: "signature", signature });
  // Claude's own is a block by itself.
  if (encrypted === undefined || encrypted.format === signatureFormat) return undefined;
  return wrapProof({ kind: "encrypted", signature: encrypted });
};

/** The block of a piece of reasoning; none where there is nothing in it for this client. */
export const encodeReasoning = (part: ReasoningPart, isAsked: boolean): Json | undefined => {
  const { text, encrypted } = part;
  if (encrypted?.format === signatureFormat) return { type: "redacted_thinking", data: encrypted.value };
  const signature = writeSignature(part, isAsked);
  if (text === "" && isWrapped(signature)) return { type: "redacted_thinking", data: signature };
  if (text === "" && signature === undefined) return undefined;
  // Clients expect a signature; reasoning from elsewhere that has none gets an empty one and keeps its text.
  return { type: "thinking", thinking: text, signature: signature ?? "" };
};

/** A block that holds nothing but the proof of the text before it or of a tool call. */
export const proofBlock = (proof: Proof): Json => ({ type: "redacted_thinking", data: wrapProof(proof) });

/** Signatures of tool calls that came before their calls, by call id. */
export type CallSignatures = Map<string, Signature>;

/** What a `thinking` block says. An empty signature stands on reasoning that came from elsewhere. */
export const decodeThinking = (text: string, signature: string): ReasoningPart => {
  const proof = isWrapped(signature) ? unwrapProof(signature) : ownProof(signature);
  if (proof === undefined) return { type: "reasoning", text };
  return { type: "reasoning", text, [proof.kind === "encrypted" ? "encrypted" : "signature"]: proof.signature };
};

/** What a `redacted_thinking` block says; nothing where it only carries the signature of a call, which is kept. */
export const decodeRedacted = (data: string, signatures: CallSignatures): Part | undefined => {
  if (!isWrapped(data)) {
    return { type: "reasoning", text: "", encrypted: { format: signatureFormat, value: data } };
  }
  const proof = unwrapProof(data);
  switch (proof?.kind) {
    case "call":
      if (proof.call !== undefined) signatures.set(proof.call, proof.signature);
      return undefined;
    case "text":
      return { type: "text", text: "", signature: proof.signature };
    default:
      return proof && { type: "reasoning", text: "", [proof.kind]: proof.signature };
  }
};

const ownProof = (value: string): Proof | undefined =>
  value === "" ? undefined : { kind: "signature", signature: { format: signatureFormat, value } };
