import { opaqueWhole, type ChatEvent } from "../../chat/event.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, present } from "../fields.ts";
import { dialectId } from "./identity.ts";
import { readPiece, textSignature } from "./reasoning-details.ts";
import { plainReasoningText } from "./reasoning.ts";
import { callSignatures } from "./tool-call-pieces.ts";

/** Adds the events of a delta's reasoning. Proofs that belong to a tool call of the same delta are left to it. */
export const readReasoningDelta = (delta: Json, choice: number, events: ChatEvent[]): void => {
  const detailed = readDetails(delta, choice);
  // The plain fields repeat the details, unless those hold proofs only.
  const text = detailed.some(isReasoning) ? "" : plainReasoningText(delta);
  if (text !== "") events.push({ type: "reasoning-delta", choice, text });
  for (const event of detailed) events.push(event);
};

const isReasoning = (event: ChatEvent): boolean => event.type === "reasoning-delta" && event.text !== "";

const none: readonly ChatEvent[] = [];

const readDetails = (delta: Json, choice: number): readonly ChatEvent[] => {
  const details = arrayIn(delta, "reasoning_details");
  if (details.length === 0) return none;
  const events: ChatEvent[] = [];
  const taken = callSignatures(delta);
  for (const detail of details) {
    if (!isObject(detail)) continue;
    const piece = readPiece(detail);
    if (piece === undefined) {
      events.push(opaqueWhole("reasoning_details", choice, { type: "opaque", dialect: dialectId, value: detail }));
      continue;
    }
    if (piece.id !== undefined && taken.has(piece.id)) continue;
    const ofText = textSignature(piece);
    if (ofText !== undefined) {
      events.push({ type: "text-delta", choice, text: "", signature: ofText });
      continue;
    }
    if (piece.text === "" && piece.signature === undefined && piece.encrypted === undefined) continue;
    const { index: block, ...rest } = piece;
    events.push(present({ type: "reasoning-delta" as const, choice, block, ...rest }));
  }
  return events;
};
