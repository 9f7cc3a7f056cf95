import type { Signature } from "../chat/message.ts";

/*
 * Where a dialect has one place in which a client keeps a proof for its provider, the proof of another family travels in
 * that place: wrapped, so that it is known when it comes back, finds the way to those who issued it, and is shown to
 * nobody else. It is base64 throughout, for that is what some clients take such a place to hold.
 */
const mark = "llm-gateway:";
const encodedMark = Buffer.from(mark).toString("base64");

/**
 * What a proof proves: `signature` the reasoning it comes with, `text` the text before it, `call` the tool call that is
 * named. `encrypted` is reasoning itself.
 */
type ProofKind = "signature" | "encrypted" | "text" | "call";

export interface Proof {
  readonly kind: ProofKind;
  readonly signature: Signature;
  /** Id of the tool call. */
  readonly call?: string;
}

const kinds: ReadonlySet<unknown> = new Set<ProofKind>(["signature", "encrypted", "text", "call"]);

/** Whether a text is a proof that only the gateway can read. */
export const isWrapped = (text: unknown): boolean => typeof text === "string" && text.startsWith(encodedMark);

export const wrapProof = ({ kind, signature: { format, value }, call }: Proof): string =>
  Buffer.from(mark + JSON.stringify([kind, format, value, call])).toString("base64");

/** Reads a wrapped proof; `undefined` for one that was tampered with, which proves nothing. */
export const unwrapProof = (text: string): Proof | undefined => {
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(text, "base64").toString().slice(mark.length));
  } catch {
    return undefined;
  }
  if (!Array.isArray(content)) return undefined;
  const [kind, format, value, call]: readonly unknown[] = content;
  if (!isKind(kind) || typeof format !== "string" || typeof value !== "string") return undefined;
  const signature = { format, value };
  if (kind !== "call") return { kind, signature };
  return typeof call === "string" ? { kind, signature, call } : undefined;
};

const isKind = (kind: unknown): kind is ProofKind => kinds.has(kind);
