import { opaqueWhole, type ChatEvent } from "../../chat/event.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, present, stringIn } from "../fields.ts";
import { dialectId } from "./identity.ts";
import { readPiece, textSignature } from "./reasoning-details.ts";
import { plainReasoningText } from "./reasoning.ts";
import { signaturesIn } from "./thought-signature.ts";

/** The reasoning in a delta. Proofs that belong to a tool call of the same delta are left to it. */
export const readReasoningDelta = (delta: Json, choice: number): readonly ChatEvent[] => {
  const events: ChatEvent[] = [];
  const details = arrayIn(delta, "reasoning_details").filter(isObject);
  if (details.length > 0) {
    const calls = arrayIn(delta, "tool_calls").filter(isObject);
    const taken = signaturesIn(details, new Set(calls.flatMap((call) => stringIn(call, "id") || [])));
    for (const detail of details) {
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
  }
  // The plain fields repeat the details, unless those hold proofs only.
  if (events.some((event) => event.type === "reasoning-delta" && event.text !== "")) return events;
  const text = plainReasoningText(delta);
  return text === "" ? events : [{ type: "reasoning-delta", choice, text }, ...events];
};
