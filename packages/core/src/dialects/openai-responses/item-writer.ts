import type { Citation } from "../../chat/message.ts";
import type { Json } from "../dialect.ts";
import { writeAnnotation } from "./citations.ts";
import { writeItem, writePart, type DraftItem, type DraftText } from "./draft-item.ts";
import { madeItemId, type ItemType } from "./item-ids.ts";
import type { TextKind } from "./output-item.ts";
import { namesOf } from "./text-events.ts";

/** Tells what happens to the output: an event of the stream, but for its number. */
export type Emit = (type: string, fields: Json) => void;

/** Writes items and their texts, and tells of each step. */
export interface ItemWriter {
  readonly items: readonly DraftItem[];
  readonly add: (type: DraftItem["type"], id: string | undefined, more?: Partial<DraftItem>) => DraftItem;
  /** Takes over an item that was already told. */
  readonly adopt: (item: DraftItem) => void;
  readonly addText: (
    item: DraftItem,
    kind: TextKind,
    block: number | undefined,
    piece: string,
    logprobs?: readonly unknown[],
  ) => void;
  readonly cite: (citation: Citation, block: number | undefined) => void;
  /** Ends an item and its texts, if it is open. */
  readonly endItem: (item: DraftItem, status?: "completed" | "incomplete") => void;
  /** An id for the next item. */
  readonly madeId: (type: ItemType) => string;
}

/** How events name the item they speak of. */
export const placeOf = ({ id, place }: DraftItem): Json => ({ item_id: id, output_index: place });

export const createItemWriter = (requestId: string, emit: Emit): ItemWriter => {
  const items: DraftItem[] = [];
  let textLength = 0;

  const madeId = (type: ItemType): string => madeItemId(type, `${requestId} ${items.length}`);

  const add = (type: DraftItem["type"], id: string | undefined, more: Partial<DraftItem> = {}): DraftItem => {
    const item: DraftItem = {
      type,
      id: id !== undefined && !items.some((other) => other.id === id) ? id : madeId(type),
      place: items.length,
      texts: [],
      arguments: "",
      proof: {},
      status: "in_progress",
      ...more,
    };
    items.push(item);
    // The proof is told when the item is done.
    emit("response.output_item.added", { output_index: item.place, item: writeItem({ ...item, proof: {} }) });
    return item;
  };

  const endText = (item: DraftItem, text: DraftText): void => {
    if (!text.isOpen) return;
    text.isOpen = false;
    const { event, part, place, field } = namesOf(text.kind);
    const at = { ...placeOf(item), [place]: text.index };
    emit(`${event}.done`, {
      ...at,
      [field]: text.text,
      ...(text.kind === "text" ? { logprobs: text.logprobs } : {}),
    });
    emit(`${part}.done`, { ...at, part: writePart(text) });
  };

  const endItem = (item: DraftItem, status: "completed" | "incomplete" = "completed"): void => {
    if (item.status !== "in_progress") return;
    for (const text of item.texts) endText(item, text);
    item.status = status;
    if (item.type === "function_call") {
      emit("response.function_call_arguments.done", {
        ...placeOf(item),
        name: item.call?.name,
        arguments: item.arguments,
      });
    } else if (item.type === "custom_tool_call") {
      emit("response.custom_tool_call_input.done", { ...placeOf(item), input: item.arguments });
    }
    emit("response.output_item.done", { output_index: item.place, item: writeItem(item) });
  };

  const textIn = (item: DraftItem, kind: TextKind, block: number | undefined): DraftText => {
    const last = item.texts.at(-1);
    if (last?.isOpen === true && last.kind === kind && last.block === block) return last;
    if (last !== undefined) endText(item, last);
    const list = item.type === "reasoning" ? item.texts.filter((text) => text.kind === kind) : item.texts;
    const text: DraftText = {
      kind,
      block,
      index: list.length,
      offset: textLength,
      text: "",
      annotations: [],
      logprobs: [],
      isOpen: true,
    };
    item.texts.push(text);
    const { part, place } = namesOf(kind);
    emit(`${part}.added`, { ...placeOf(item), [place]: text.index, part: writePart(text) });
    return text;
  };

  const addText = (
    item: DraftItem,
    kind: TextKind,
    block: number | undefined,
    piece: string,
    logprobs?: readonly unknown[],
  ): void => {
    const text = textIn(item, kind, block);
    text.text += piece;
    if (kind === "text") textLength += piece.length;
    if (logprobs !== undefined) text.logprobs.push(...logprobs);
    const { event, place } = namesOf(kind);
    emit(`${event}.delta`, {
      ...placeOf(item),
      [place]: text.index,
      delta: piece,
      ...(kind === "text" ? { logprobs: logprobs ?? [] } : {}),
    });
  };

  const cite = (citation: Citation, block: number | undefined): void => {
    const texts = items.flatMap((item) => item.texts.map((text) => ({ item, text })));
    const isMeant = ({ kind, offset, block: own }: DraftText): boolean =>
      kind === "text" && (block === undefined ? offset <= (citation.start ?? textLength) : own === block);
    const { item, text } = texts.findLast((each) => isMeant(each.text)) ?? {};
    if (item === undefined || text === undefined) return;
    const annotation = writeAnnotation(citation, text.offset);
    if (annotation === undefined) return;
    text.annotations.push(annotation);
    if (!text.isOpen) return;
    emit("response.output_text.annotation.added", {
      ...placeOf(item),
      content_index: text.index,
      annotation_index: text.annotations.length - 1,
      annotation,
    });
  };

  return {
    items,
    add,
    adopt: (item) => {
      items.push(item);
      for (const { kind, text } of item.texts) if (kind === "text") textLength += text.length;
    },
    addText,
    cite,
    endItem,
    madeId,
  };
};
