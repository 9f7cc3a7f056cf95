import type { ChatEvent, Frame, OpaqueEvent, ReplyEnd } from "../../chat/event.ts";
import type { Usage } from "../../chat/usage.ts";
import type { Json } from "../dialect.ts";
import { isObject, numberIn, objectIn, stringIn } from "../fields.ts";
import type { BlockKind, BlockWriter } from "./block-writer.ts";

/** How far the writing of one message has come. */
export interface MessageState {
  readonly blocks: BlockWriter;
  isStarted: boolean;
  /** `message_delta` with the stop reason was written: nothing but the end may follow. */
  isEnded: boolean;
  /** The last frame was written. */
  isOver: boolean;
  usage: Usage | undefined;
  /** Citations, as the provider wrote them, that were told in frames as they came. */
  readonly told: Set<unknown>;
  /** How the message ends, as long as it is not written. */
  ending: ReplyEnd | undefined;
}

// Kinds of blocks whose content has events of its own.
const kinds: ReadonlyMap<string, BlockKind> = new Map([
  ["text", "text"],
  ["thinking", "thinking"],
  ["redacted_thinking", "thinking"],
  ["tool_use", "tool"],
]);

/** The kind of a block in a `content_block_start`; `opaque` for those without a meaning elsewhere. */
export const blockKindOf = (value: unknown): BlockKind => {
  const block = isObject(value) ? objectIn(value, "content_block") : undefined;
  return kinds.get(block === undefined ? "" : (stringIn(block, "type") ?? "")) ?? "opaque";
};

/** The `index` of a frame's data. */
export const sourceIndexOf = (value: unknown): number | undefined =>
  isObject(value) ? numberIn(value, "index") : undefined;

/** The citation that a `content_block_delta` brings, in the provider's words; it is an event of its own when its text ends. */
export const citationIn = (value: unknown): Json | undefined => {
  const delta = isObject(value) ? objectIn(value, "delta") : undefined;
  return delta?.["type"] === "citations_delta" ? objectIn(delta, "citation") : undefined;
};

/**
 * Writes a frame of this dialect as it came, if it says the right thing at this place of the message that is written,
 * and takes note of what it says. Otherwise nothing happens, and its events are to be written anew.
 */
export const passFrame = (state: MessageState, frame: Frame): boolean => {
  const { samples } = frame;
  const [first] = samples;
  if (first === undefined || !fits(state, first, samples)) return false;
  state.blocks.pass(frame.bytes);
  follow(state, samples);
  return true;
};

const fits = (state: MessageState, first: ChatEvent, events: readonly ChatEvent[]): boolean => {
  const { blocks, isStarted, isEnded, ending } = state;
  switch (first.type) {
    case "text-delta":
    case "citation":
      return isOpen(blocks, first.block, "text");
    case "reasoning-delta":
      return isOpen(blocks, first.block, "thinking");
    case "tool-call-delta":
    case "tool-call-end": {
      const open = blocks.open();
      return open !== undefined && open.call === first.index && open.source === open.index;
    }
    case "reply-start":
      return !isStarted;
    case "usage":
    case "refusal-delta":
    case "reply-end":
      return isStarted && !isEnded && ending === undefined && blocks.open() === undefined;
    case "opaque":
      return fitsOpaque(state, first, events);
    default:
      return false;
  }
};

/** Whether the open block is the one that the provider calls `source`, and has the same number here. */
const isOpen = (blocks: BlockWriter, source: number | undefined, kind?: BlockKind): boolean => {
  const open = blocks.open();
  if (open === undefined || source === undefined) return false;
  return open.index === source && open.source === source && (kind === undefined || open.kind === kind);
};

const fitsOpaque = (state: MessageState, { name, value }: OpaqueEvent, events: readonly ChatEvent[]): boolean => {
  const { blocks, isStarted, isEnded } = state;
  switch (name) {
    case "content_block_start":
      return isStarted && !isEnded && blocks.open() === undefined && sourceIndexOf(value) === blocks.nextIndex();
    case "content_block_delta":
    case "content_block_stop":
      return isOpen(blocks, sourceIndexOf(value));
    case "message_stop":
      return isEnded && events.length === 1;
    case "done":
      // Another dialect's end mark: this one has its own.
      return false;
    default:
      return true;
  }
};

const follow = (state: MessageState, events: readonly ChatEvent[]): void => {
  const { blocks } = state;
  for (const event of events) {
    if (event.type === "opaque") followOpaque(state, event, events);
    else if (event.type === "reply-start") state.isStarted = true;
    else if (event.type === "usage") state.usage = event.usage;
    else if (event.type === "reply-end") state.isEnded = true;
    else if (event.type === "tool-call-end") blocks.release();
    else if (event.type === "reasoning-delta" && event.signature !== undefined) {
      const open = blocks.open();
      if (open !== undefined) open.isSealed = true;
    }
  }
};

const followOpaque = (state: MessageState, { name, value }: OpaqueEvent, events: readonly ChatEvent[]): void => {
  if (name === "content_block_stop") state.blocks.release();
  else if (name === "message_stop") state.isOver = true;
  else if (name === "content_block_delta") {
    const citation = citationIn(value);
    if (citation !== undefined) state.told.add(citation);
  } else if (name === "content_block_start") {
    const call = events.find((event) => event.type === "tool-call-start")?.index;
    state.blocks.adopt(blockKindOf(value), sourceIndexOf(value) ?? 0, call);
  }
};
