import type { Signature } from "../../chat/message.ts";
import { signatureFormat } from "./identity.ts";

/**
 * What another family wants back travels in this dialect's `thoughtSignature`, marked so that it is known when it
 * returns: base64, as every signature here, of this mark, the kind, the format and the value.
 */
const mark = "llm-gateway:";
const encodedMark = Buffer.from(mark).toString("base64");

/** What a client sends back: proof of its own text, or the encrypted payload of a thought without one. */
export interface ReturnedSignature {
  readonly kind: "signature" | "encrypted";
  readonly signature: Signature;
}

/** Writes a signature as a `thoughtSignature`; those of other families are wrapped. */
export const writeSignature = ({ format, value }: Signature, kind: ReturnedSignature["kind"] = "signature"): string =>
  format === signatureFormat && kind === "signature"
    ? value
    : Buffer.from(mark + [kind, format, value].join("\n")).toString("base64");

/** Reads a `thoughtSignature`; `undefined` for an empty one. */
export const readSignature = (text: string): ReturnedSignature | undefined => {
  if (text === "") return undefined;
  if (!text.startsWith(encodedMark)) return { kind: "signature", signature: { format: signatureFormat, value: text } };
  const [kind, format = "", ...value] = Buffer.from(text, "base64").toString().slice(mark.length).split("\n");
  return {
    kind: kind === "encrypted" ? kind : "signature",
    signature: { format, value: value.join("\n") },
  };
};
