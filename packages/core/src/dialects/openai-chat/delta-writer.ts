import type { ChatEvent, ReasoningDelta, ReplyEnd, TextDelta, ToolCallStart } from "../../chat/event.ts";
import { createPlaces, type Places } from "../../chat/flat-turn.ts";
import type { OpaquePart } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import type { ChunkWriter } from "./chunk-writer.ts";
import { writeAnnotation } from "./citations.ts";
import { fromExtras } from "./extras.ts";
import { dialectId } from "./identity.ts";
import { writeImages } from "./images.ts";
import { callProof, entriesOf, isDetail, textProof } from "./reasoning-details.ts";
import { betweenReasoning } from "./reasoning.ts";

/** Everything that belongs to a choice. */
type ChoiceEvent = Exclude<ChatEvent, { type: "reply-start" | "usage" | "opaque" }>;

interface Call {
  readonly kind: "function" | "custom";
  hasArguments: boolean;
}

interface ChoiceState {
  isOver: boolean;
  readonly calls: Map<number, Call>;
  readonly places: Places;
  /** Which piece of reasoning is being written, and its place. */
  piece?: { readonly block: number | undefined; readonly place: number } | undefined;
  /** Place of the piece of reasoning that was told last, as text. */
  reasoned?: number;
}

/** Writes the events of all choices as deltas, and keeps account of those that others have written. */
export interface DeltaWriter {
  readonly write: (event: ChoiceEvent, chunks: ChunkWriter) => string;
  /** A part of the answer that only some dialects can say. */
  readonly opaque: (choice: number, part: OpaquePart, chunks: ChunkWriter) => string;
  /** The first chunk of a choice, which says who speaks; nothing where it was written. */
  readonly begin: (choice: number, chunks: ChunkWriter) => string;
  /** An event that reaches the client in its own frame. */
  readonly passed: (event: ChatEvent) => void;
  /** The choices a failure ends: those that have begun and not ended, at least the first. */
  readonly open: () => readonly number[];
}

export const createDeltaWriter = (request: ChatRequest, legacy: boolean): DeltaWriter => {
  const choices: (ChoiceState | undefined)[] = [];
  const excludesReasoning = request.reasoning?.exclude === true;

  const begun = (choice: number): ChoiceState =>
    (choices[choice] ??= { isOver: false, calls: new Map(), places: createPlaces() });

  const begin = (choice: number, chunks: ChunkWriter): string => {
    if (choices[choice] !== undefined) return "";
    begun(choice);
    return chunks.delta(choice, '{"role":"assistant","content":"","refusal":null}');
  };

  const reasoning = (event: ReasoningDelta, state: ChoiceState): string | undefined => {
    if (excludesReasoning) return undefined;
    if (state.piece === undefined || state.piece.block !== event.block) {
      state.piece = { block: event.block, place: state.places.reasoning() };
    }
    const { place } = state.piece;
    // What is signed is sealed: more reasoning without a block of its own is another piece.
    if (event.signature !== undefined && event.block === undefined) state.piece = undefined;
    const details = entriesOf(event, place);
    if (details.length === 0) return undefined;
    if (event.text === "") return JSON.stringify({ reasoning_details: details });
    const isNext = state.reasoned !== undefined && state.reasoned !== place;
    state.reasoned = place;
    return JSON.stringify({
      reasoning_content: isNext ? betweenReasoning + event.text : event.text,
      reasoning_details: details,
    });
  };

  /** The deprecated form has room for one call: the first. */
  const callPiece = (index: number, kind: Call["kind"], piece: object, head: object = {}): object => {
    if (!legacy) return { tool_calls: [{ index, ...head, [kind]: piece }] };
    return index === 0 ? { function_call: piece } : {};
  };

  const callStart = ({ index, id, name, kind, signature }: ToolCallStart, state: ChoiceState): string => {
    const place = state.places.call();
    state.piece = undefined;
    state.calls.set(index, { kind, hasArguments: false });
    const piece = kind === "custom" ? { name, input: "" } : { name, arguments: "" };
    const proof =
      signature === undefined || excludesReasoning ? {} : { reasoning_details: [callProof(signature, id, place)] };
    return JSON.stringify({ ...callPiece(index, kind, piece, { id, type: kind }), ...proof });
  };

  const callText = (index: number, text: string, state: ChoiceState): string | undefined => {
    const call = state.calls.get(index);
    if (call === undefined || text === "") return undefined;
    call.hasArguments = true;
    return JSON.stringify(callPiece(index, call.kind, call.kind === "custom" ? { input: text } : { arguments: text }));
  };

  /** A function that was given no arguments is called with an empty object. */
  const callEnd = (index: number, state: ChoiceState): string | undefined => {
    const call = state.calls.get(index);
    return call === undefined || call.hasArguments || call.kind === "custom" ? undefined : callText(index, "{}", state);
  };

  const replyEnd = (event: ReplyEnd, chunks: ChunkWriter): string => {
    const { message = {}, ...extras } = fromExtras(event.extras);
    const { nativeFinishReason: native } = event;
    const members = native === undefined ? extras : { ...extras, native_finish_reason: native };
    const more = Object.entries(members).map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`);
    const reason = legacy && event.finishReason === "tool_calls" ? "function_call" : event.finishReason;
    return chunks.delta(event.choice, JSON.stringify(message), reason, `,"logprobs":null${more.join("")}`);
  };

  const text = (
    { choice, text: piece, logprobs, signature }: TextDelta,
    state: ChoiceState,
    chunks: ChunkWriter,
  ): string => {
    if (piece === "" && logprobs === undefined && signature === undefined) return "";
    state.piece = undefined;
    state.places.text();
    const proof = signature === undefined ? "" : detail(choice, textProof(signature, state.places.reasoning()), chunks);
    if (piece === "" && logprobs === undefined) return proof;
    if (logprobs === undefined) return chunks.text(choice, piece) + proof;
    const told = JSON.stringify({ content: logprobs, refusal: null });
    return chunks.delta(choice, JSON.stringify({ content: piece }), undefined, `,"logprobs":${told}`) + proof;
  };

  const detail = (choice: number, entry: Json, chunks: ChunkWriter): string =>
    excludesReasoning ? "" : chunks.delta(choice, JSON.stringify({ reasoning_details: [entry] }));

  const write = (event: ChoiceEvent, chunks: ChunkWriter): string => {
    const first = begin(event.choice, chunks);
    const state = begun(event.choice);
    if (event.type === "text-delta") return first + text(event, state, chunks);
    if (event.type === "reply-end") {
      state.isOver = true;
      return first + replyEnd(event, chunks);
    }
    const delta = deltaOf(event, state);
    return delta === undefined ? first : first + chunks.delta(event.choice, delta);
  };

  const deltaOf = (
    event: Exclude<ChoiceEvent, { type: "text-delta" | "reply-end" }>,
    state: ChoiceState,
  ): string | undefined => {
    switch (event.type) {
      case "reasoning-delta":
        return reasoning(event, state);
      case "refusal-delta":
        state.piece = undefined;
        state.places.refusal();
        return JSON.stringify({ refusal: event.text });
      case "tool-call-start":
        return callStart(event, state);
      case "tool-call-delta":
        return callText(event.index, event.arguments, state);
      case "tool-call-end":
        return callEnd(event.index, state);
      case "citation": {
        const annotation = writeAnnotation(event.citation);
        return annotation === undefined ? undefined : JSON.stringify({ annotations: [annotation] });
      }
    }
  };

  return {
    write,
    opaque: (choice, part, chunks) => {
      const { value, dialect } = part;
      const images = writeImages([part]);
      if (images !== undefined) return begin(choice, chunks) + chunks.delta(choice, JSON.stringify({ images }));
      if (dialect !== dialectId || !isDetail(value)) return "";
      const first = begin(choice, chunks);
      const state = begun(choice);
      state.piece = undefined;
      state.places.reasoning();
      return first + detail(choice, value, chunks);
    },
    begin,
    passed: (event) => {
      switch (event.type) {
        case "reply-start":
          begun(0);
          return;
        case "usage":
        case "opaque":
          return;
        default:
      }
      const state = begun(event.choice);
      if (event.type === "tool-call-start") state.calls.set(event.index, { kind: event.kind, hasArguments: false });
      else if (event.type === "reply-end") state.isOver = true;
      else if (event.type === "tool-call-delta" || event.type === "tool-call-end") {
        // Also where its end has passed without any: then there is nothing left to add.
        const call = state.calls.get(event.index);
        if (call !== undefined) call.hasArguments = true;
      }
    },
    open: () => {
      const indexes = choices.flatMap((state, index) => (state === undefined || state.isOver ? [] : [index]));
      return indexes.length === 0 ? [0] : indexes;
    },
  };
};
