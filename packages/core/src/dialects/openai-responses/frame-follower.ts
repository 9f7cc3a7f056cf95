import type { ChatEvent, Frame } from "../../chat/event.ts";
import type { Json } from "../dialect.ts";
import { isObject, objectIn, stringIn } from "../fields.ts";
import { isRawBlock, itemOfBlock, partOfBlock } from "./blocks.ts";
import type { DraftItem, DraftText } from "./draft-item.ts";
import { readCall, type TextKind } from "./output-item.ts";
import { partIn, placeIn, toldAgainIn, type ToldAgain } from "./told-again.ts";

/**
 * Reads along while frames of this dialect pass as they came. Frames at the end of a text, an item or the answer tell
 * again all that came before: they may pass only if that is what the client was given.
 */
export interface FrameFollower {
  /** Takes note of a frame, if it may pass. */
  readonly follow: (frame: Frame) => boolean;
  readonly items: () => readonly DraftItem[];
  readonly calls: ReadonlyMap<number, DraftItem>;
  /** Frames that have a number. */
  readonly count: () => number;
  /** The answer has come to its end. */
  readonly isOver: () => boolean;
}

export const createFrameFollower = (): FrameFollower => {
  const items = new Map<number, DraftItem>();
  const calls = new Map<number, DraftItem>();
  const texts = new Map<number, DraftText>();
  let refusalBlock = 0;
  let count = 0;
  let isOver = false;

  const itemAt = (place: number, received: Json = {}): DraftItem => {
    let item = items.get(place);
    if (item === undefined) {
      const call = readCall(received);
      const type = stringIn(received, "type");
      const isKnown =
        type === "message" || type === "reasoning" || type === "function_call" || type === "custom_tool_call";
      item = {
        type: isKnown ? type : "opaque",
        id: stringIn(received, "id") ?? "",
        place,
        texts: [],
        arguments: "",
        proof: {},
        status: "in_progress",
        ...(call === undefined ? {} : { call: { id: call.callId ?? "", name: call.name } }),
        ...(isKnown ? {} : { received }),
      };
      items.set(place, item);
    }
    return item;
  };

  const textAt = (block: number, kind: TextKind): DraftText => {
    let text = texts.get(block);
    if (text === undefined) {
      text = {
        kind,
        // What is refused has no block of its own in the vocabulary.
        block: kind === "refusal" ? undefined : block,
        index: partOfBlock(block),
        offset: toldOf((other) => other.kind === "text"),
        text: "",
        annotations: [],
        logprobs: [],
        isOpen: true,
      };
      texts.set(block, text);
      items.get(itemOfBlock(block))?.texts.push(text);
    }
    return text;
  };

  const toldOf = (counts: (text: DraftText) => boolean): number => {
    let length = 0;
    for (const text of texts.values()) if (counts(text)) length += text.text.length;
    return length;
  };

  /** What a text is once the frame's own pieces are added. */
  const told = (blocks: (block: number) => boolean, added: ReadonlyMap<number, string>): string => {
    const all = [...new Set([...texts.keys(), ...added.keys()])].filter(blocks).toSorted((a, b) => a - b);
    return all.map((block) => (texts.get(block)?.text ?? "") + (added.get(block) ?? "")).join("");
  };

  /** Whether what a frame tells again is what the client was told, the frame's own pieces included. */
  const isTrue = (again: ToldAgain, place: number, events: readonly ChatEvent[]): boolean => {
    const added = new Map<number, string>();
    let argumentsTold = items.get(place)?.arguments ?? "";
    for (const event of events) {
      const block = blockOfEvent(event);
      if (block !== undefined && "text" in event) added.set(block, (added.get(block) ?? "") + event.text);
      if (event.type === "tool-call-delta") argumentsTold += event.arguments;
    }
    if (told(again.covers, added) !== again.text) return false;
    return again.arguments === undefined || !isFollowed(place, events) || argumentsTold === again.arguments;
  };

  /** Whether the item is a call that the client was told of. */
  const isFollowed = (place: number, events: readonly ChatEvent[]): boolean =>
    events.some(({ type }) => type === "tool-call-start") || [...calls.values()].some((item) => item.place === place);

  const blockOfEvent = (event: ChatEvent): number | undefined => {
    if (event.type === "text-delta" || event.type === "reasoning-delta") return event.block;
    return event.type === "refusal-delta" ? refusalBlock : undefined;
  };

  const kindOf = (event: ChatEvent, block: number): TextKind => {
    if (event.type === "text-delta") return "text";
    return event.type === "refusal-delta" ? "refusal" : isRawBlock(block) ? "raw" : "summary";
  };

  const apply = (event: ChatEvent, place: number): void => {
    switch (event.type) {
      case "text-delta":
      case "reasoning-delta":
      case "refusal-delta": {
        const block = blockOfEvent(event);
        if (block === undefined || event.text === "") break;
        const text = textAt(block, kindOf(event, block));
        text.text += event.text;
        if (event.type === "text-delta" && event.logprobs !== undefined) text.logprobs.push(...event.logprobs);
        break;
      }
      case "citation":
        if (event.block !== undefined) texts.get(event.block)?.annotations.push(event.citation.raw?.value);
        break;
      case "tool-call-start":
        calls.set(event.index, itemAt(place));
        break;
      case "tool-call-delta": {
        const item = calls.get(event.index);
        if (item !== undefined) item.arguments += event.arguments;
        break;
      }
      case "reply-end":
        isOver = true;
        break;
      default:
    }
  };

  const applyStructure = (type: string, value: Json): void => {
    const place = placeIn(value);
    const item = objectIn(value, "item");
    switch (type) {
      case "response.output_item.added":
        itemAt(place, item);
        break;
      case "response.output_item.done": {
        const draft = itemAt(place, item);
        draft.status = "completed";
        if (item !== undefined) draft.received = item;
        break;
      }
      case "response.content_part.added":
      case "response.reasoning_part.added":
      case "response.reasoning_summary_part.added": {
        const part = partIn(value);
        if (part === undefined) break;
        if (part.kind === "refusal") refusalBlock = part.block;
        textAt(part.block, part.kind);
        break;
      }
      case "response.content_part.done":
      case "response.reasoning_part.done":
      case "response.reasoning_summary_part.done": {
        const part = partIn(value);
        const text = part === undefined ? undefined : texts.get(part.block);
        if (text !== undefined) text.isOpen = false;
        break;
      }
      default:
    }
  };

  return {
    follow: ({ events }) => {
      const [first] = events;
      const value = first?.type === "opaque" && isObject(first.value) ? first.value : undefined;
      const place = value === undefined ? 0 : placeIn(value);
      if (first?.type === "opaque" && value !== undefined) {
        const again = toldAgainIn(first.name, value);
        if (again !== undefined && !isTrue(again, place, events)) return false;
        applyStructure(first.name, value);
      }
      for (const event of events) apply(event, place);
      // Comments and end marks have no number.
      if (first?.type !== "opaque" || value !== undefined) count++;
      return true;
    },
    items: () => [...items.values()].toSorted((a, b) => a.place - b.place),
    calls,
    count: () => count,
    isOver: () => isOver,
  };
};
