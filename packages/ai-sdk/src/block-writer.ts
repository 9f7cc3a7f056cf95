import type { LanguageModelV4Citation, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import type { Citation, ReasoningDelta, RefusalDelta, Signature, TextDelta } from "@llm-gateway/core";
import { ownMetadata } from "./own.ts";
import { present } from "./present.ts";
import { toSource } from "./to-source.ts";

type Part = LanguageModelV4StreamPart;
type BlockDelta = TextDelta | ReasoningDelta | RefusalDelta;

/** Writes text, refusals and reasoning, of which every stretch is begun and ended. */
export interface BlockWriter {
  readonly text: (event: TextDelta | RefusalDelta) => readonly Part[];
  readonly reasoning: (event: ReasoningDelta) => readonly Part[];
  readonly citation: (citation: Citation) => readonly Part[];
  /** Ends the stretch that is going on, if there is one. */
  readonly close: () => readonly Part[];
}

/** What goes back with a block on the next turn. */
type Own = {
  id?: string;
  summary?: boolean;
  signature?: Proof;
  encrypted?: Proof;
  refusal?: true;
};

/** A signature as plain data, which metadata must be. */
type Proof = Pick<Signature, "format" | "value">;

interface Block {
  readonly type: BlockDelta["type"];
  readonly id: string;
  /** The provider's number for it. */
  readonly number: number | undefined;
  /** Where it begins in the text of the whole answer. */
  readonly start: number;
  readonly own: Own;
  readonly citations: LanguageModelV4Citation[];
}

export const createBlockWriter = (): BlockWriter => {
  let block: Block | undefined;
  let blocks = 0;
  let textLength = 0;

  const close = (): readonly Part[] => {
    if (block === undefined) return [];
    const { type, id, own, citations } = block;
    block = undefined;
    if (type === "reasoning-delta") return [{ type: "reasoning-end", id, ...ownMetadata(own) }];
    return [{ type: "text-end", id, ...(citations.length === 0 ? {} : { citations }), ...ownMetadata(own) }];
  };

  /** The block a delta belongs to, and what has to be written before it. */
  const blockOf = (event: BlockDelta): { readonly current: Block; readonly parts: readonly Part[] } => {
    const number = event.type === "refusal-delta" ? undefined : event.block;
    // What follows a signature belongs to the next block, or the signature would not match.
    const sealed = number === undefined && event.type === "reasoning-delta" && block?.own.signature !== undefined;
    if (block?.type === event.type && block.number === number && !sealed) return { current: block, parts: [] };
    const ended = close();
    const id = String(blocks++);
    block = { type: event.type, id, number, start: textLength, own: {}, citations: [] };
    return {
      current: block,
      parts: [...ended, { type: event.type === "reasoning-delta" ? "reasoning-start" : "text-start", id }],
    };
  };

  const text: BlockWriter["text"] = (event) => {
    const signature = event.type === "text-delta" ? event.signature : undefined;
    if (event.text === "" && signature === undefined) return [];
    const { current, parts } = blockOf(event);
    if (event.type === "refusal-delta") current.own.refusal = true;
    else textLength += event.text.length;
    if (signature !== undefined) current.own.signature = signature;
    return event.text === "" ? parts : [...parts, { type: "text-delta", id: current.id, delta: event.text }];
  };

  const reasoning: BlockWriter["reasoning"] = (event) => {
    const { current, parts } = blockOf(event);
    const { id, summary, encrypted, signature } = event;
    Object.assign(current.own, present({ id, summary, encrypted }));
    // Signatures may come in pieces, like the text they sign.
    const begun = current.own.signature?.value ?? "";
    if (signature !== undefined) current.own.signature = { ...signature, value: begun + signature.value };
    return event.text === "" ? parts : [...parts, { type: "reasoning-delta", id: current.id, delta: event.text }];
  };

  const citation: BlockWriter["citation"] = (cited) => {
    const source = toSource(cited);
    if (block?.type === "text-delta") block.citations.push({ source, ...placeIn(block, cited) });
    return [source];
  };

  return { text, reasoning, citation, close };
};

/** Citations count in the text of the whole answer, stream parts in that of their block. */
const placeIn = (
  { start: offset }: Block,
  { start, end, citedText }: Citation,
): Omit<LanguageModelV4Citation, "source"> =>
  present({
    startIndex: start === undefined ? undefined : start - offset,
    endIndex: end === undefined ? undefined : end - offset,
    citedText,
  });
