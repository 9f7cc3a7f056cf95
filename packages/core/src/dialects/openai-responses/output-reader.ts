import type { ChatEvent } from "../../chat/event.ts";
import { UpstreamError, type GatewayErrorCode } from "../../errors.ts";
import type { DecodeOptions, Json } from "../dialect.ts";
import { stringIn } from "../fields.ts";
import { madeCallId } from "../made-call-id.ts";
import { blockOf, isRawBlock } from "./blocks.ts";
import { readAnnotation } from "./citations.ts";
import { isClientTool } from "./client-tools.ts";
import { reasoningFormat } from "./identity.ts";
import { readCall, textsOf, type StatedText } from "./output-item.ts";

/** An item of the output, as far as it was read. */
interface ItemState {
  readonly id: string | undefined;
  /** What has been told of each text, by block. */
  readonly told: Map<number, string>;
  citations: number;
  /** Ordinal of the call that the item is. */
  call?: number;
  argumentsTold: string;
  isEnded: boolean;
}

/** What a whole says beyond what was told of it; nothing where it says something else, for that is told already. */
const continuation = (told: string, whole: string): string => (whole.startsWith(told) ? whole.slice(told.length) : "");

// More items in one answer mean that the server repeats itself.
const maxItems = 10_000;

/** Turns output items into events: all at once, or what is new of them each time more is known. */
export interface OutputReader {
  /** What an item says beyond what was told of it before. */
  readonly settle: (item: Json, index: number) => readonly ChatEvent[];
  /** The item has come to its end. */
  readonly finish: (item: Json, index: number) => readonly ChatEvent[];
  /** A piece of a text. */
  readonly text: (piece: StatedText, index: number) => readonly ChatEvent[];
  /** A text as a whole: what is new of it. */
  readonly wholeText: (text: StatedText, index: number) => readonly ChatEvent[];
  /** A piece of a call's arguments; nothing for calls the server answers itself. */
  readonly argumentsPiece: (text: string, index: number) => readonly ChatEvent[];
  readonly wholeArguments: (text: string, index: number) => readonly ChatEvent[];
  readonly annotation: (value: Json, block: number, index: number) => readonly ChatEvent[];
  /** The ends of all calls that are still open. */
  readonly end: () => readonly ChatEvent[];
  /** Where an item with this id stands, if it was announced. */
  readonly placeOf: (id: string) => number | undefined;
  readonly hasItems: () => boolean;
  /** Whether only this dialect can say what an item is: a tool that the server runs, or a type nobody here knows. */
  readonly isOwn: (item: Json) => boolean;
  readonly callCount: () => number;
}

/** @param malformed The code of the error for an answer that breaks the dialect's rules. */
export const createOutputReader = (
  { provider, request, requestId }: DecodeOptions,
  malformed: GatewayErrorCode,
): OutputReader => {
  const items = new Map<number, ItemState>();
  /** Where in the whole text each text part begins. */
  const offsets = new Map<number, number>();
  let textLength = 0;
  let calls = 0;

  const stateAt = (index: number, item?: Json): ItemState => {
    let state = items.get(index);
    if (state === undefined) {
      if (items.size >= maxItems) {
        throw new UpstreamError(malformed, `${provider} sent more than ${maxItems} items.`, { provider });
      }
      const id = item === undefined ? undefined : stringIn(item, "id");
      state = { id, told: new Map(), citations: 0, argumentsTold: "", isEnded: false };
      items.set(index, state);
    }
    return state;
  };

  const text = ({ kind, block, text: piece, logprobs }: StatedText, index: number): readonly ChatEvent[] => {
    const state = stateAt(index);
    state.told.set(block, (state.told.get(block) ?? "") + piece);
    switch (kind) {
      case "text":
        if (!offsets.has(block)) offsets.set(block, textLength);
        textLength += piece.length;
        return [
          logprobs === undefined
            ? { type: "text-delta", choice: 0, text: piece, block }
            : { type: "text-delta", choice: 0, text: piece, block, logprobs },
        ];
      case "refusal":
        return [{ type: "refusal-delta", choice: 0, text: piece }];
      default: {
        const delta = { type: "reasoning-delta" as const, choice: 0, text: piece, block, summary: kind === "summary" };
        return [state.id === undefined ? delta : { ...delta, id: state.id }];
      }
    }
  };

  const wholeText = (stated: StatedText, index: number): readonly ChatEvent[] => {
    const told = stateAt(index).told.get(stated.block);
    if (told === undefined) return stated.text === "" && stated.logprobs === undefined ? [] : text(stated, index);
    // Probabilities came with the pieces.
    const { logprobs: _told, ...rest } = stated;
    const more = continuation(told, stated.text);
    return more === "" ? [] : text({ ...rest, text: more }, index);
  };

  const annotation = (value: Json, block: number, index: number): readonly ChatEvent[] => {
    stateAt(index).citations++;
    const citation = readAnnotation(value, offsets.get(block) ?? textLength);
    return [{ type: "citation", choice: 0, citation, block }];
  };

  const argumentsPiece = (piece: string, index: number): readonly ChatEvent[] => {
    const state = stateAt(index);
    if (state.call === undefined || state.isEnded || piece === "") return [];
    state.argumentsTold += piece;
    return [{ type: "tool-call-delta", choice: 0, index: state.call, arguments: piece }];
  };

  const wholeArguments = (whole: string, index: number): readonly ChatEvent[] =>
    argumentsPiece(continuation(stateAt(index).argumentsTold, whole), index);

  const isOwn = (item: Json): boolean => {
    const call = readCall(item);
    if (call !== undefined) return call.kind === "custom" && !isClientTool(call.name, request);
    return item["type"] !== "message" && item["type"] !== "reasoning";
  };

  const settleCall = (item: Json, state: ItemState, index: number): readonly ChatEvent[] => {
    const call = readCall(item);
    if (call === undefined || isOwn(item)) return [];
    const events: ChatEvent[] = [];
    if (state.call === undefined) {
      if (call.name === "") {
        throw new UpstreamError(malformed, `${provider} sent a tool call without a name.`, { provider });
      }
      state.call = calls++;
      const id = call.callId ?? madeCallId(requestId, state.call);
      events.push({ type: "tool-call-start", choice: 0, index: state.call, id, name: call.name, kind: call.kind });
    }
    return [...events, ...wholeArguments(call.arguments, index)];
  };

  /** Some servers number the parts of an item otherwise than they stand in it: those told before keep their numbers. */
  const placed = (texts: readonly StatedText[], state: ItemState): readonly StatedText[] => {
    const told = [...state.told.keys()];
    const summaries = told.filter((block) => !isRawBlock(block));
    const raws = told.filter(isRawBlock);
    return texts.map((stated) => ({
      ...stated,
      block: (stated.kind === "raw" ? raws : summaries).shift() ?? stated.block,
    }));
  };

  const settle = (item: Json, index: number): readonly ChatEvent[] => {
    const state = stateAt(index, item);
    const events = [...settleCall(item, state, index)];
    for (const stated of placed(textsOf(item, index), state)) events.push(...wholeText(stated, index));
    return events;
  };

  const settleCitations = (item: Json, state: ItemState, index: number): readonly ChatEvent[] => {
    const stated = textsOf(item, index).flatMap(({ annotations, block }) =>
      annotations.map((value) => ({ value, block })),
    );
    return stated.slice(state.citations).flatMap(({ value, block }) => annotation(value, block, index));
  };

  const encrypted = (item: Json, state: ItemState, index: number): readonly ChatEvent[] => {
    const value = item["type"] === "reasoning" ? stringIn(item, "encrypted_content") : undefined;
    if (value === undefined || value === "") return [];
    // On the last of the item's texts, so that a fold keeps both together.
    const block = [...state.told.keys()].at(-1) ?? blockOf(index, 0);
    return [
      {
        type: "reasoning-delta",
        choice: 0,
        text: "",
        encrypted: { format: reasoningFormat, value },
        block,
        ...(state.id === undefined ? {} : { id: state.id }),
      },
    ];
  };

  const endCall = (state: ItemState): readonly ChatEvent[] => {
    if (state.isEnded) return [];
    state.isEnded = true;
    return state.call === undefined ? [] : [{ type: "tool-call-end", choice: 0, index: state.call }];
  };

  return {
    settle,
    finish: (item, index) => {
      const state = stateAt(index, item);
      if (state.isEnded) return [];
      return [
        ...settle(item, index),
        ...settleCitations(item, state, index),
        ...encrypted(item, state, index),
        ...endCall(state),
      ];
    },
    text,
    wholeText,
    argumentsPiece,
    wholeArguments,
    annotation,
    end: () => [...items.values()].flatMap(endCall),
    placeOf: (id) => {
      for (const [index, state] of items) if (state.id === id) return index;
      return undefined;
    },
    hasItems: () => items.size > 0,
    isOwn,
    callCount: () => calls,
  };
};
