import type { ChatEvent, ReasoningDelta, ReplyEnd, ToolCallStart } from "../../chat/event.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { ChunkWriter } from "./chunk-writer.ts";
import { writeAnnotation } from "./citations.ts";
import { fromExtras } from "./extras.ts";
import { entriesOf } from "./reasoning-details.ts";
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
  /** Ordinal and kind of the part that is being written, to number the reasoning. */
  part: number;
  partKind: string;
  /** Ordinal of the part whose reasoning was told last, as text. */
  reasoned?: number;
}

/** Writes the events of all choices as deltas, and keeps account of those that others have written. */
export interface DeltaWriter {
  readonly write: (event: ChoiceEvent, chunks: ChunkWriter) => string;
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
    (choices[choice] ??= { isOver: false, calls: new Map(), part: -1, partKind: "" });

  /** The ordinal of the part that an event goes on with or begins. */
  const partOf = (state: ChoiceState, kind: string): number => {
    if (state.partKind !== kind) state.part++;
    state.partKind = kind;
    return state.part;
  };

  const begin = (choice: number, chunks: ChunkWriter): string => {
    if (choices[choice] !== undefined) return "";
    begun(choice);
    return chunks.delta(choice, '{"role":"assistant","content":"","refusal":null}');
  };

  const reasoning = (event: ReasoningDelta, state: ChoiceState): string | undefined => {
    if (excludesReasoning) return undefined;
    const index = partOf(state, `reasoning ${event.block}`);
    // What is signed is sealed: more reasoning without a block of its own is another part.
    if (event.signature !== undefined && event.block === undefined) state.partKind = "";
    const details = entriesOf(event, index);
    if (details.length === 0) return undefined;
    if (event.text === "") return JSON.stringify({ reasoning_details: details });
    const isNext = state.reasoned !== undefined && state.reasoned !== index;
    state.reasoned = index;
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
    const place = partOf(state, `call ${index}`);
    state.calls.set(index, { kind, hasArguments: false });
    const piece = kind === "custom" ? { name, input: "" } : { name, arguments: "" };
    const proof =
      signature === undefined || excludesReasoning
        ? {}
        : { reasoning_details: entriesOf({ text: "", encrypted: signature, id }, place) };
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

  const write = (event: ChoiceEvent, chunks: ChunkWriter): string => {
    const first = begin(event.choice, chunks);
    const state = begun(event.choice);
    if (event.type === "text-delta") {
      partOf(state, "text");
      if (event.text === "" && event.logprobs === undefined) return first;
      if (event.logprobs === undefined) return first + chunks.text(event.choice, event.text);
      const logprobs = JSON.stringify({ content: event.logprobs, refusal: null });
      return (
        first +
        chunks.delta(event.choice, JSON.stringify({ content: event.text }), undefined, `,"logprobs":${logprobs}`)
      );
    }
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
        partOf(state, "refusal");
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
