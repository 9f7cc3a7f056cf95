import { createPlaces, type PlacedPart } from "../../chat/flat-turn.ts";
import type { OpaquePart, Part, ReasoningPart, Signature } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { isObject, numberIn, present, stringIn } from "../fields.ts";
import { dialectId, thoughtSignatureFormat } from "./identity.ts";

/*
 * `reasoning_details` is OpenRouter's shape, and how reasoning with its proofs travels through chat messages:
 * `reasoning.text` with a signature, `reasoning.summary`, `reasoning.encrypted`. `format` names the family that issued
 * the proof. Written by us, `index` is its place in the turn, so that reasoning between tool calls finds its way back;
 * elsewhere it counts the reasoning only, which puts all of it first. The proof of a call has the call's id, that of the
 * text before it an id of its own.
 */

/** One entry of `reasoning_details`, whole or as a stream brings it. */
export interface ReasoningPiece {
  readonly text: string;
  readonly summary?: boolean;
  readonly signature?: Signature;
  readonly encrypted?: Signature;
  readonly id?: string;
  readonly index?: number;
}

const unknownFormat = "unknown";

/** Reads one entry; `undefined` where it is of a kind we do not know. */
export const readPiece = (entry: Json): ReasoningPiece | undefined => {
  const format = stringIn(entry, "format") ?? unknownFormat;
  const index = numberIn(entry, "index");
  const common = present({
    id: stringIn(entry, "id"),
    index: index !== undefined && Number.isSafeInteger(index) && index >= 0 ? index : undefined,
  });
  const value = stringIn(entry, "signature");
  const proof = value === undefined || value === "" ? {} : { signature: { format, value } };
  switch (entry["type"]) {
    case "reasoning.text":
      return { text: stringIn(entry, "text") ?? "", ...proof, ...common };
    case "reasoning.summary":
      return { text: stringIn(entry, "summary") ?? "", summary: true, ...proof, ...common };
    case "reasoning.encrypted":
      return { text: "", encrypted: { format, value: stringIn(entry, "data") ?? "" }, ...common };
    default:
      return undefined;
  }
};

/** The proof that belongs to a tool call, where an entry is one: its id is then that of the call. */
export const callSignature = (piece: ReasoningPiece, callIds: ReadonlySet<string>): Signature | undefined =>
  piece.id !== undefined && callIds.has(piece.id) && piece.encrypted?.format === thoughtSignatureFormat
    ? piece.encrypted
    : undefined;

/** Id of the proof of a text, by its place. */
const textProofId = (place: number): string => `text_${place}`;

/** The proof of the text before it, where an entry is one. */
export const textSignature = ({ id, encrypted }: ReasoningPiece): Signature | undefined =>
  id !== undefined && /^text_\d+$/.test(id) ? encrypted : undefined;

export interface ReadDetails {
  readonly parts: readonly PlacedPart[];
  /** Tool call signatures by call id. */
  readonly signatures: ReadonlyMap<string, Signature>;
}

/** Reads a whole list. Entries of one index are one part, so a list of stream pieces reads the same. */
export const readDetails = (details: readonly unknown[], callIds: ReadonlySet<string>): ReadDetails => {
  const signatures = new Map<string, Signature>();
  const parts: PlacedPart[] = [];
  let last: ReasoningPiece | undefined;
  for (const entry of details) {
    if (!isObject(entry)) continue;
    const piece = readPiece(entry);
    const signature = piece === undefined ? undefined : callSignature(piece, callIds);
    if (piece?.id !== undefined && signature !== undefined) {
      signatures.set(piece.id, signature);
      continue;
    }
    const joined = piece === undefined || last === undefined ? undefined : join(last, piece);
    if (joined !== undefined) parts.pop();
    last = joined ?? piece;
    parts.push(last === undefined ? opaquePlaced(entry) : toPlaced(last));
  }
  return { parts, signatures };
};

const opaquePlaced = (entry: Json): PlacedPart => {
  const part: OpaquePart = { type: "opaque", dialect: dialectId, value: entry };
  return present({ part, index: numberIn(entry, "index") });
};

const toPlaced = ({ index, ...piece }: ReasoningPiece): PlacedPart => {
  const signature = textSignature(piece);
  const part: Part = signature === undefined ? { type: "reasoning", ...piece } : { type: "text", text: "", signature };
  return present({ part, index });
};

/** Two neighbours as one, where the second goes on with the first. */
const join = (a: ReasoningPiece, b: ReasoningPiece): ReasoningPiece | undefined => {
  if (a.index === undefined || a.index !== b.index) return undefined;
  // What is signed is sealed, and no part holds two encrypted payloads.
  if (a.signature !== undefined || (a.encrypted !== undefined && (b.encrypted !== undefined || b.text !== "")))
    return undefined;
  if (a.text !== "" && b.text !== "" && a.summary !== b.summary) return undefined;
  return present({ ...a, ...b, text: a.text + b.text, summary: a.summary ?? b.summary });
};

/** Whether an opaque part stood in `reasoning_details`, not in the content. */
export const isDetail = (value: unknown): value is Json =>
  isObject(value) && (stringIn(value, "type") ?? "").startsWith("reasoning.");

/** The entries of a turn's parts. */
export const writeDetails = (parts: readonly Part[]): readonly Json[] => {
  const places = createPlaces();
  return parts.flatMap((part): readonly Json[] => {
    switch (part.type) {
      case "reasoning":
        return entriesOf(part, places.reasoning());
      case "tool-call": {
        const place = places.call();
        return part.signature === undefined ? [] : [callProof(part.signature, part.id, place)];
      }
      case "text":
        places.text();
        return part.signature === undefined ? [] : [textProof(part.signature, places.reasoning())];
      case "refusal":
        places.refusal();
        return [];
      case "opaque":
        if (part.dialect !== dialectId || !isDetail(part.value)) return [];
        places.reasoning();
        return [part.value];
      default:
        return [];
    }
  });
};

const proof = ({ value, format }: Signature, id: string, index: number): Json => ({
  type: "reasoning.encrypted",
  data: value,
  id,
  format,
  index,
});

/** The entry that carries the signature of a tool call. */
export const callProof = (signature: Signature, callId: string, place: number): Json => proof(signature, callId, place);

/** The entry that carries the signature of the text before it. */
export const textProof = (signature: Signature, place: number): Json => proof(signature, textProofId(place), place);

/** The entries of one reasoning part, or of a piece of it. */
export const entriesOf = (
  { text, summary, signature, encrypted, id }: Omit<ReasoningPart, "type">,
  index: number,
): readonly Json[] => {
  const entries: Json[] = [];
  const format = signature?.format ?? encrypted?.format;
  if (text !== "" || signature !== undefined) {
    const kind = summary === true ? { type: "reasoning.summary", summary: text } : { type: "reasoning.text", text };
    entries.push(present({ ...kind, signature: signature?.value, id, format, index }));
  }
  if (encrypted !== undefined) {
    entries.push(present({ type: "reasoning.encrypted", data: encrypted.value, id, format: encrypted.format, index }));
  }
  return entries;
};
