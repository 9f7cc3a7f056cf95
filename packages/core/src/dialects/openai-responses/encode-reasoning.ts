import type { ReasoningPart } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { present } from "../fields.ts";
import { reasoningFormat } from "./identity.ts";
import { isMadeItemId } from "./item-ids.ts";

/** Whether a part goes on with the item before it: one id, or no id and an item that is not sealed yet. */
const continues = (before: ReasoningPart, part: ReasoningPart): boolean =>
  before.id === part.id && before.encrypted === undefined;

/** The parts of a turn's reasoning, one list for each item they are. */
const groupItems = (parts: readonly ReasoningPart[]): readonly (readonly ReasoningPart[])[] => {
  const groups: ReasoningPart[][] = [];
  for (const part of parts) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group !== undefined && last !== undefined && continues(last, part)) group.push(part);
    else groups.push([part]);
  }
  return groups;
};

const isForeign = ({ signature, encrypted }: ReasoningPart): boolean =>
  signature !== undefined || (encrypted !== undefined && encrypted.format !== reasoningFormat);

/**
 * Writes a run of reasoning. What carries another family's proof is not for this server. Of a conversation the server
 * did not keep, it takes only what it can decrypt, and no ids; and of ids that were made here it knows none.
 */
export const encodeReasoning = (parts: readonly ReasoningPart[], isOwn: boolean): readonly Json[] =>
  groupItems(parts).flatMap((group): readonly Json[] => {
    const encrypted = group.find((part) => part.encrypted !== undefined)?.encrypted;
    if (group.some(isForeign) || (!isOwn && encrypted === undefined)) return [];
    const raw = group.filter(({ text, summary }) => text !== "" && summary === false);
    const isMade = isMadeItemId(group[0]?.id);
    // A summary alone is nothing that a server could go on from.
    if (isMade && encrypted === undefined && raw.length === 0) return [];
    const summary = group.filter((part) => part.text !== "" && part.summary !== false);
    return [
      present({
        ...group[0]?.extras,
        type: "reasoning",
        id: isOwn && !isMade ? group[0]?.id : undefined,
        summary: summary.map(({ text }) => ({ type: "summary_text", text })),
        content: raw.length === 0 ? undefined : raw.map(({ text }) => ({ type: "reasoning_text", text })),
        encrypted_content: encrypted?.value,
      }),
    ];
  });
