import type { ChatEvent, ReasoningDelta, TextDelta, ToolCallStart } from "../../chat/event.ts";
import type { MediaSource } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { wrapProof, type Proof } from "../wrapped-proof.ts";
import { itemOfBlock } from "./blocks.ts";
import { writeItem, type DraftItem } from "./draft-item.ts";
import { imageItem } from "./images.ts";
import { createItemWriter, placeOf, type Emit } from "./item-writer.ts";

/** Builds the output of one answer, item by item. */
export interface OutputBuilder {
  readonly write: (event: ChatEvent) => void;
  /** An item that came whole or in pieces from a server of this dialect; `source` is its place there. */
  readonly opaqueItem: (item: Json, source: number) => void;
  /** An image from elsewhere. */
  readonly image: (source: MediaSource) => void;
  /** The id to give the item that stands at this place of the source. */
  readonly announce: (source: number, id: string) => void;
  /** Where the source's item stands here, for items nobody here knows. */
  readonly placeOf: (source: number) => number | undefined;
  /** Takes over what was already sent. */
  readonly resume: (items: readonly DraftItem[], calls: ReadonlyMap<number, DraftItem>) => void;
  /** Ends whatever is open. */
  readonly end: (status: "completed" | "incomplete") => void;
  readonly output: () => readonly Json[];
}

export const createOutputBuilder = (requestId: string, emit: Emit): OutputBuilder => {
  const writer = createItemWriter(requestId, emit);
  const { items, add, addText, endItem, madeId } = writer;
  const calls = new Map<number, DraftItem>();
  const announced = new Map<number, string>();
  const opaquePlaces = new Map<number, number>();
  let lastAnnounced: string | undefined;

  /** The message or reasoning that is being written; calls may be open beside it. */
  const open = (): DraftItem | undefined =>
    items.findLast(({ type, status }) => status === "in_progress" && (type === "message" || type === "reasoning"));

  const endOpen = (): void => {
    const item = open();
    if (item !== undefined) endItem(item);
  };

  const idAt = (block: number | undefined): string | undefined =>
    block === undefined ? undefined : announced.get(itemOfBlock(block));

  const isSameSource = (item: DraftItem, block: number | undefined): boolean => {
    const last = item.texts.at(-1)?.block;
    return block === undefined || last === undefined || itemOfBlock(last) === itemOfBlock(block);
  };

  const message = (block: number | undefined): DraftItem => {
    const item = open();
    if (item?.type === "message" && isSameSource(item, block)) return item;
    endOpen();
    return add("message", idAt(block));
  };

  /** Whether a piece of reasoning belongs to the item: what is proven is sealed, unless the piece says it goes on. */
  const continues = (item: DraftItem, { block, text, signature, encrypted }: ReasoningDelta): boolean => {
    if (item.type !== "reasoning" || !isSameSource(item, block)) return false;
    const isProven = item.proof.signature !== undefined || item.proof.encrypted !== undefined;
    if (!isProven) return true;
    if (encrypted !== undefined || (signature !== undefined && item.proof.encrypted !== undefined)) return false;
    return text === "" || (block !== undefined && item.texts.at(-1)?.block === block);
  };

  /** Other dialects have ids of other forms. */
  const ownId = (id: string | undefined): string | undefined => (id?.startsWith("rs_") === true ? id : undefined);

  const reasoning = (event: ReasoningDelta): void => {
    const { text, block, signature, encrypted } = event;
    if (text === "" && signature === undefined && encrypted === undefined) return;
    let item = open();
    if (item === undefined || !continues(item, event)) {
      endOpen();
      item = add("reasoning", idAt(block) ?? ownId(event.id));
    }
    if (text !== "") addText(item, event.summary === false ? "raw" : "summary", block, text);
    if (signature !== undefined) {
      // Signatures may come in pieces, like the text they sign.
      const before = item.proof.signature?.value ?? "";
      item.proof.signature = { format: signature.format, value: before + signature.value };
    }
    if (encrypted !== undefined) item.proof.encrypted = encrypted;
  };

  /** An item that holds nothing but the proof of another. */
  const addCarrier = (proof: Proof): void => {
    const id = madeId("reasoning");
    const received: Json = { id, type: "reasoning", summary: [], encrypted_content: wrapProof(proof) };
    endItem(add("reasoning", id, { received }));
  };

  const text = ({ text: piece, block, logprobs, signature }: TextDelta): void => {
    if (piece !== "" || logprobs !== undefined) addText(message(block), "text", block, piece, logprobs);
    if (signature === undefined) return;
    endOpen();
    addCarrier({ kind: "text", signature });
  };

  const callStart = ({ id, name, kind, index, signature }: ToolCallStart): void => {
    endOpen();
    // Calls have no place for a proof, so it goes before them.
    if (signature !== undefined) addCarrier({ kind: "call", signature, call: id });
    const type = kind === "custom" ? "custom_tool_call" : "function_call";
    calls.set(index, add(type, lastAnnounced, { call: { id, name } }));
    lastAnnounced = undefined;
  };

  return {
    write: (event) => {
      switch (event.type) {
        case "text-delta":
          return text(event);
        case "refusal-delta":
          return event.text === "" ? undefined : addText(message(undefined), "refusal", undefined, event.text);
        case "reasoning-delta":
          return reasoning(event);
        case "tool-call-start":
          return callStart(event);
        case "tool-call-delta": {
          const item = calls.get(event.index);
          if (item === undefined || event.arguments === "") return undefined;
          item.arguments += event.arguments;
          const type = item.type === "custom_tool_call" ? "custom_tool_call_input" : "function_call_arguments";
          return emit(`response.${type}.delta`, { ...placeOf(item), delta: event.arguments });
        }
        case "tool-call-end": {
          const item = calls.get(event.index);
          return item === undefined ? undefined : endItem(item);
        }
        case "citation":
          return writer.cite(event.citation, event.block);
        default:
          return undefined;
      }
    },
    opaqueItem: (received, source) => {
      const place = opaquePlaces.get(source);
      const item = place === undefined ? undefined : items[place];
      if (item !== undefined) {
        item.received = received;
        return endItem(item);
      }
      endOpen();
      opaquePlaces.set(source, items.length);
      add("opaque", undefined, { received });
      return undefined;
    },
    image: (source) => {
      const id = madeId("image");
      const received = imageItem(source, id);
      if (received === undefined) return;
      endOpen();
      endItem(add("opaque", id, { received }));
    },
    announce: (source, id) => {
      announced.set(source, id);
      lastAnnounced = id;
    },
    placeOf: (source) => opaquePlaces.get(source),
    resume: (sent, sentCalls) => {
      for (const item of sent) {
        writer.adopt(item);
        if (item.type === "opaque") opaquePlaces.set(item.place, item.place);
      }
      for (const [index, item] of sentCalls) calls.set(index, item);
    },
    end: (status) => {
      for (const item of items) endItem(item, status);
    },
    output: () => items.map(writeItem),
  };
};
