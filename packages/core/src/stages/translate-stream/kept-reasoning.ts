import type { Signature } from "../../chat/message.ts";
import { isObject } from "../../dialects/fields.ts";
import type { CallReasoning, KeptPiece } from "./turn-reader.ts";

/** What a store holds of one tool call. */
export interface KeptReasoning {
  /** Id of the provider that wrote it: nobody else gets it. */
  readonly provider: string;
  /** Wall milliseconds. */
  readonly expiresAt: number;
  readonly call: CallReasoning;
}

// What was made here and cannot have changed since. Only a store in this process returns it.
const known = new WeakSet<object>();

/** Cut off from everything else in memory, with the length of its JSON in UTF-8. */
export const sealReasoning = (fields: KeptReasoning): { readonly entry: KeptReasoning; readonly sizeBytes: number } => {
  const json = JSON.stringify(fields);
  const entry = JSON.parse(json) as KeptReasoning; // the same fields, back from their own JSON
  known.add(entry);
  return { entry, sizeBytes: Buffer.byteLength(json) };
};

/** A value from a store; `undefined` where it is not, in every field, what is kept of this call. */
export const readReasoning = (stored: unknown, callId: string): KeptReasoning | undefined => {
  if (!isObject(stored)) return undefined;
  const entry = stored as Partial<KeptReasoning>; // looked at field by field below
  if (entry.call?.id !== callId) return undefined;
  if (known.has(stored)) return entry as KeptReasoning; // as above
  const isSound = typeof entry.provider === "string" && Number.isFinite(entry.expiresAt) && isCall(entry.call);
  return isSound ? (entry as KeptReasoning) : undefined; // every field was checked
};

const isCall = ({ name, signature, pieces }: Partial<CallReasoning>): boolean =>
  typeof name === "string" && isSignature(signature) && Array.isArray(pieces) && pieces.every(isPiece);

const isPiece = (piece: unknown): piece is KeptPiece => {
  if (!isObject(piece) || !isObject(piece["part"])) return false;
  const { place, part } = piece;
  if (place !== undefined && !Number.isSafeInteger(place)) return false;
  const { type, text, signature, encrypted, summary, id } = part;
  if ((type !== "reasoning" && type !== "text") || typeof text !== "string") return false;
  const isNamed =
    (summary === undefined || typeof summary === "boolean") && (id === undefined || typeof id === "string");
  return isNamed && isSignature(signature) && isSignature(encrypted);
};

const isSignature = (value: unknown): value is Signature | undefined =>
  value === undefined || (isObject(value) && typeof value["format"] === "string" && typeof value["value"] === "string");
