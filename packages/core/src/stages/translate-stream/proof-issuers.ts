import { createHash } from "node:crypto";
import type { ChatEvent } from "../../chat/event.ts";
import type { Message, Part, Signature } from "../../chat/message.ts";
import { isObject } from "../../dialects/fields.ts";

/** Who issued a proof, as a store holds it. */
export interface KeptIssuer {
  readonly provider: string;
  /** Wall milliseconds. */
  readonly expiresAt: number;
}

/** Bytes a store counts for one: its key is most of it. */
export const issuerBytes = 200;

/** Claude's proofs hold wherever Claude is served; all others only with the account that got them. */
const portable: ReadonlySet<string> = new Set(["anthropic-claude-v1"]);

/** What stands for a proof, which may be long. */
export const proofId = ({ format, value }: Signature): string =>
  createHash("sha256").update(`${format} ${value}`).digest("base64url");

/** The proofs in an answer's event that are good for its provider alone. */
export const boundProofs = (holder: ChatEvent | Part): readonly Signature[] => {
  const found: Signature[] = [];
  if ("signature" in holder && holder.signature !== undefined) found.push(holder.signature);
  if ("encrypted" in holder && holder.encrypted !== undefined) found.push(holder.encrypted);
  return found.length === 0 ? found : found.filter(({ format }) => !portable.has(format));
};

/** The proofs in a conversation that are good for one provider alone, by what stands for them. */
export const proofsIn = (messages: readonly Message[]): ReadonlySet<string> => {
  const ids = new Set<string>();
  for (const { role, parts } of messages) {
    if (role !== "assistant") continue;
    for (const part of parts) for (const proof of boundProofs(part)) ids.add(proofId(proof));
  }
  return ids;
};

export const readIssuer = (stored: unknown): KeptIssuer | undefined => {
  if (!isObject(stored)) return undefined;
  const { provider, expiresAt } = stored;
  return typeof provider === "string" && typeof expiresAt === "number" ? { provider, expiresAt } : undefined;
};

/** A conversation without the proofs that are foreign. Reasoning that only its issuer can read goes with them. */
export const withoutProofs = (messages: readonly Message[], foreign: ReadonlySet<string>): readonly Message[] => {
  const isForeign = (proof: Signature | undefined): boolean => proof !== undefined && foreign.has(proofId(proof));
  return messages.map((message) => {
    if (message.role !== "assistant") return message;
    const { parts } = message;
    const sealed = parts.filter((part) => part.type === "reasoning").filter(({ encrypted }) => isForeign(encrypted));
    // Parts of one id are one piece of reasoning.
    const ids = new Set(sealed.map(({ id }) => id));
    const isSealed = (part: Part): boolean =>
      part.type === "reasoning" && (isForeign(part.encrypted) || (part.id !== undefined && ids.has(part.id)));
    const left = parts.flatMap((part) => (isSealed(part) ? [] : unsigned(part, isForeign)));
    const isSame = left.length === parts.length && left.every((part, index) => part === parts[index]);
    return isSame ? message : { ...message, parts: left };
  });
};

const unsigned = (part: Part, isForeign: (proof: Signature | undefined) => boolean): readonly Part[] => {
  if (!("signature" in part) || !isForeign(part.signature)) return [part];
  // A text that is empty is only there for its signature.
  if ((part.type === "text" || part.type === "reasoning") && part.text === "") return [];
  const { signature: _signature, ...rest } = part;
  return [rest];
};
