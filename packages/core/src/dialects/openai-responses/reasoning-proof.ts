import type { ReasoningPart, Signature } from "../../chat/message.ts";
import { reasoningFormat } from "./identity.ts";

/*
 * `encrypted_content` is the one place in this dialect where a client keeps a proof for us. A proof of another family
 * travels there in a wrapper that names it, so that it finds the way back to those who issued it and to nobody else.
 */
const prefix = "llm-gateway-v1.";

type Kind = "signature" | "encrypted" | "call";

/** What an `encrypted_content` stands for. */
export interface Proof {
  /** `call`: the signature of the tool call with the id `call`. */
  readonly kind: Kind;
  readonly signature: Signature;
  readonly call?: string;
}

/** Whether a text is a proof of another family, which only the gateway can read. */
export const isWrapped = (text: unknown): boolean => typeof text === "string" && text.startsWith(prefix);

const wrap = (kind: Kind, { format, value }: Signature, call?: string): string =>
  prefix + Buffer.from(JSON.stringify([kind, format, value, call])).toString("base64url");

/** The `encrypted_content` of a reasoning part; `undefined` where it has no proof. */
export const writeProof = ({
  signature,
  encrypted,
}: Pick<ReasoningPart, "signature" | "encrypted">): string | undefined => {
  if (encrypted !== undefined) {
    return encrypted.format === reasoningFormat ? encrypted.value : wrap("encrypted", encrypted);
  }
  return signature === undefined ? undefined : wrap("signature", signature);
};

/** The `encrypted_content` that carries the signature of a tool call. */
export const writeCallProof = (signature: Signature, call: string): string => wrap("call", signature, call);

/** Reads an `encrypted_content`; `undefined` for a wrapper that was tampered with, which proves nothing. */
export const readProof = (text: string): Proof | undefined => {
  if (!isWrapped(text)) return { kind: "encrypted", signature: { format: reasoningFormat, value: text } };
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(text.slice(prefix.length), "base64url").toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(content)) return undefined;
  const [kind, format, value, call]: readonly unknown[] = content;
  if (kind !== "signature" && kind !== "encrypted" && kind !== "call") return undefined;
  if (typeof format !== "string" || typeof value !== "string" || format === reasoningFormat) return undefined;
  return { kind, signature: { format, value }, ...(typeof call === "string" ? { call } : {}) };
};
