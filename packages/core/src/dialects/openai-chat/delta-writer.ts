import type { ChatEvent, ReasoningDelta, ReplyEnd, TextDelta, ToolCallStart } from "../../chat/event.ts";
import { createPlaces, type Places } from "../../chat/flat-turn.ts";
import type { OpaquePart } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import type { ChunkWriter } from "./chunk-writer.ts";
import { writeAnnotation } from "./citations.ts";
import { expectsFunctionCall } from "./deprecated-functions.ts";
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
  /** Those that have begun. */
  calls?: Map<number, Call>;
  /** Of what was written here. */
  places?: Places;
  /** Which piece of reasoning is being written, and its place. */
  piece?: { readonly block: number | undefined; readonly place: number } | undefined;
  /** Place of the piece of reasoning that was told last, as text. */
  reasoned?: number;
}

const placesOf = (state: ChoiceState): Places => (state.places ??= createPlaces());

const beginCall = (state: ChoiceState, { index, kind }: ToolCallStart): void => {
  state.calls ??= new Map();
  state.calls.set(index, { kind, hasArguments: false });
};

/**
 * Writes the events of all choices as deltas, and keeps account of those that others have written.
 *
 * A class because there is one for each streamed answer: its closures would be made each time.
 */
export class DeltaWriter {
  readonly #choices: (ChoiceState | undefined)[] = [];
  readonly #request: ChatRequest;

  constructor(request: ChatRequest) {
    this.#request = request;
  }

  write(event: ChoiceEvent, chunks: ChunkWriter): string {
    const first = this.begin(event.choice, chunks);
    const state = this.#begun(event.choice);
    if (event.type === "text-delta") return first + this.#text(event, state, chunks);
    if (event.type === "reply-end") {
      state.isOver = true;
      return first + this.#replyEnd(event, chunks);
    }
    const delta = this.#deltaOf(event, state);
    return delta === undefined ? first : first + chunks.delta(event.choice, delta);
  }

  /** Texts of a choice that follow each other: none of them empty, and nothing with them. */
  texts(choice: number, texts: readonly string[], chunks: ChunkWriter): string {
    const first = this.begin(choice, chunks);
    countText(this.#begun(choice));
    return first + chunks.texts(choice, texts);
  }

  /** A part of the answer that only some dialects can say. */
  opaque(choice: number, part: OpaquePart, chunks: ChunkWriter): string {
    const { value, dialect } = part;
    const images = writeImages([part]);
    if (images !== undefined) return this.begin(choice, chunks) + chunks.delta(choice, JSON.stringify({ images }));
    if (dialect !== dialectId || !isDetail(value)) return "";
    const first = this.begin(choice, chunks);
    const state = this.#begun(choice);
    state.piece = undefined;
    placesOf(state).reasoning();
    return first + this.#detail(choice, value, chunks);
  }

  /** The first chunk of a choice, which says who speaks; nothing where it was written. */
  begin(choice: number, chunks: ChunkWriter): string {
    if (this.#choices[choice] !== undefined) return "";
    this.#begun(choice);
    return chunks.delta(choice, '{"role":"assistant","content":"","refusal":null}');
  }

  /** An event that reaches the client in its own frame. */
  passed(event: ChatEvent): void {
    switch (event.type) {
      case "reply-start":
        this.#begun(0);
        return;
      case "usage":
      case "opaque":
        return;
      default:
    }
    const state = this.#begun(event.choice);
    if (event.type === "tool-call-start") beginCall(state, event);
    else if (event.type === "reply-end") state.isOver = true;
    else if (event.type === "tool-call-delta" || event.type === "tool-call-end") {
      // Also where its end has passed without any: then there is nothing left to add.
      const call = state.calls?.get(event.index);
      if (call !== undefined) call.hasArguments = true;
    }
  }

  /** The choices a failure ends: those that have begun and not ended, at least the first. */
  open(): readonly number[] {
    const indexes = this.#choices.flatMap((state, index) => (state === undefined || state.isOver ? [] : [index]));
    return indexes.length === 0 ? [0] : indexes;
  }

  get #excludesReasoning(): boolean {
    return this.#request.reasoning?.exclude === true;
  }

  #begun(choice: number): ChoiceState {
    return (this.#choices[choice] ??= { isOver: false });
  }

  #deltaOf(event: Exclude<ChoiceEvent, { type: "text-delta" | "reply-end" }>, state: ChoiceState): string | undefined {
    switch (event.type) {
      case "reasoning-delta":
        return this.#reasoning(event, state);
      case "refusal-delta":
        state.piece = undefined;
        placesOf(state).refusal();
        return JSON.stringify({ refusal: event.text });
      case "tool-call-start":
        return this.#callStart(event, state);
      case "tool-call-delta":
        return this.#callText(event.index, event.arguments, state);
      case "tool-call-end":
        return this.#callEnd(event.index, state);
      case "citation": {
        const annotation = writeAnnotation(event.citation);
        return annotation === undefined ? undefined : JSON.stringify({ annotations: [annotation] });
      }
    }
  }

  #text({ choice, text, logprobs, signature }: TextDelta, state: ChoiceState, chunks: ChunkWriter): string {
    if (text === "" && logprobs === undefined && signature === undefined) return "";
    countText(state);
    const proof =
      signature === undefined ? "" : this.#detail(choice, textProof(signature, placesOf(state).reasoning()), chunks);
    if (text === "" && logprobs === undefined) return proof;
    if (logprobs === undefined) return chunks.text(choice, text) + proof;
    const told = JSON.stringify({ content: logprobs, refusal: null });
    return chunks.delta(choice, JSON.stringify({ content: text }), undefined, `,"logprobs":${told}`) + proof;
  }

  #detail(choice: number, entry: Json, chunks: ChunkWriter): string {
    return this.#excludesReasoning ? "" : chunks.delta(choice, JSON.stringify({ reasoning_details: [entry] }));
  }

  #reasoning(event: ReasoningDelta, state: ChoiceState): string | undefined {
    if (this.#excludesReasoning) return undefined;
    if (state.piece === undefined || state.piece.block !== event.block) {
      state.piece = { block: event.block, place: placesOf(state).reasoning() };
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
  }

  /** The deprecated form has room for one call: the first. */
  #callPiece(index: number, kind: Call["kind"], piece: object, head: object = {}): object {
    if (!expectsFunctionCall(this.#request)) return { tool_calls: [{ index, ...head, [kind]: piece }] };
    return index === 0 ? { function_call: piece } : {};
  }

  #callStart(event: ToolCallStart, state: ChoiceState): string {
    const { index, id, name, kind, signature } = event;
    const place = placesOf(state).call();
    state.piece = undefined;
    beginCall(state, event);
    const piece = kind === "custom" ? { name, input: "" } : { name, arguments: "" };
    const proof =
      signature === undefined || this.#excludesReasoning
        ? {}
        : { reasoning_details: [callProof(signature, id, place)] };
    return JSON.stringify({ ...this.#callPiece(index, kind, piece, { id, type: kind }), ...proof });
  }

  #callText(index: number, text: string, state: ChoiceState): string | undefined {
    const call = state.calls?.get(index);
    if (call === undefined || text === "") return undefined;
    call.hasArguments = true;
    const piece = call.kind === "custom" ? { input: text } : { arguments: text };
    return JSON.stringify(this.#callPiece(index, call.kind, piece));
  }

  /** A function that was given no arguments is called with an empty object. */
  #callEnd(index: number, state: ChoiceState): string | undefined {
    const call = state.calls?.get(index);
    if (call === undefined || call.hasArguments || call.kind === "custom") return undefined;
    return this.#callText(index, "{}", state);
  }

  #replyEnd(event: ReplyEnd, chunks: ChunkWriter): string {
    const { message = {}, ...extras } = fromExtras(event.extras);
    const { nativeFinishReason: native, finishReason } = event;
    const members = native === undefined ? extras : { ...extras, native_finish_reason: native };
    const more = Object.entries(members).map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`);
    const isCall = finishReason === "tool_calls" && expectsFunctionCall(this.#request);
    const reason = isCall ? "function_call" : finishReason;
    return chunks.delta(event.choice, JSON.stringify(message), reason, `,"logprobs":null${more.join("")}`);
  }
}

const countText = (state: ChoiceState): void => {
  state.piece = undefined;
  placesOf(state).text();
};
