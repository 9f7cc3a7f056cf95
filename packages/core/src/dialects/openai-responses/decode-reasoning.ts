import type { ReasoningPart, TextPart } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { invalidValue, isObject, present, readArray, readString, required, restOf } from "../fields.ts";
import type { Proof } from "../wrapped-proof.ts";
import { readProof } from "./reasoning-proof.ts";

const itemFields: ReadonlySet<string> = new Set(["type", "id", "summary", "content", "encrypted_content", "status"]);

export interface DecodedReasoning {
  readonly parts: readonly (ReasoningPart | TextPart)[];
  /** The proof of a tool call, for which the item is only a carrier. */
  readonly callProof?: Proof;
}

/** Reads a reasoning item: one part for each of its texts, the proof on the last of them. */
export const decodeReasoning = (item: Json, param: string): DecodedReasoning => {
  const value = readString(item["encrypted_content"], `${param}.encrypted_content`);
  const proof = value === undefined || value === "" ? undefined : readProof(value);
  if (proof?.kind === "call") return { parts: [], callProof: proof };
  if (proof?.kind === "text") return { parts: [{ type: "text", text: "", signature: proof.signature }] };

  const texts = [
    ...textsOf(item["summary"], `${param}.summary`).map((text) => ({ text, summary: true })),
    ...textsOf(item["content"], `${param}.content`).map((text) => ({ text, summary: false })),
  ];
  const id = readString(item["id"], `${param}.id`);
  const extras = restOf(item, itemFields);
  // Another family's reasoning is what its issuer signed: the whole text, not a summary of it.
  if (proof !== undefined && proof.kind === "signature") {
    const text = texts.map((part) => part.text).join("");
    return { parts: [{ type: "reasoning", text, signature: proof.signature }] };
  }
  if (texts.length === 0) texts.push({ text: "", summary: true });
  const parts = texts.map((part, index) =>
    present({
      type: "reasoning" as const,
      ...part,
      id,
      encrypted: index === texts.length - 1 ? proof?.signature : undefined,
      extras: index === 0 ? extras : undefined,
    }),
  );
  return { parts };
};

const textsOf = (value: unknown, param: string): readonly string[] =>
  (readArray(value, param) ?? []).map((part, index) => {
    if (!isObject(part)) throw invalidValue(`${param}[${index}]`, "an object", part);
    return required(readString(part["text"], `${param}[${index}].text`), `${param}[${index}].text`, "a string");
  });
