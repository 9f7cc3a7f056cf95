import type { ReasoningPart } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { present } from "../fields.ts";
import type { ItemType } from "./item-ids.ts";
import { writeProof } from "./reasoning-proof.ts";
import type { TextKind } from "./output-item.ts";

/** One text of an item that is being written. */
export interface DraftText {
  readonly kind: TextKind;
  readonly block: number | undefined;
  /** Where it stands among the texts of its list. */
  readonly index: number;
  /** Where it begins in the whole text of the answer. */
  readonly offset: number;
  text: string;
  readonly annotations: unknown[];
  readonly logprobs: unknown[];
  isOpen: boolean;
}

/** An output item that is being written. */
export interface DraftItem {
  readonly type: ItemType;
  readonly id: string;
  /** Its place in the output that is written. */
  readonly place: number;
  readonly texts: DraftText[];
  /** Of a tool call. */
  readonly call?: { readonly id: string; readonly name: string };
  arguments: string;
  /** Of reasoning: what proves it. */
  proof: { -readonly [Name in "signature" | "encrypted"]?: ReasoningPart[Name] };
  status: "in_progress" | "completed" | "incomplete";
  /** The item as it was received, where it passed as it came or nobody here knows its type. */
  received?: Json;
}

/** A text as a part of its item. */
export const writePart = ({ kind, text, annotations, logprobs }: DraftText): Json => {
  switch (kind) {
    case "text":
      return { type: "output_text", annotations, logprobs, text };
    case "refusal":
      return { type: "refusal", refusal: text };
    case "summary":
      return { type: "summary_text", text };
    case "raw":
      return { type: "reasoning_text", text };
  }
};

/** An item as far as it has come. */
export const writeItem = (item: DraftItem): Json => {
  const { type, id, status, texts, call } = item;
  if (item.received !== undefined) return item.received;
  switch (type) {
    case "message":
      return { id, type, status, role: "assistant", content: texts.map(writePart) };
    case "reasoning": {
      const raw = texts.filter(({ kind }) => kind === "raw");
      return present({
        id,
        type,
        summary: texts.filter(({ kind }) => kind === "summary").map(writePart),
        content: raw.length === 0 ? undefined : raw.map(writePart),
        encrypted_content: writeProof(item.proof),
      });
    }
    case "custom_tool_call":
      return { id, type, status, call_id: call?.id, name: call?.name, input: item.arguments };
    default:
      return { id, type, status, call_id: call?.id, name: call?.name, arguments: item.arguments };
  }
};
