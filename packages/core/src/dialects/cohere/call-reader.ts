import type { ChatEvent } from "../../chat/event.ts";
import type { Json } from "../dialect.ts";
import { objectIn, stringIn } from "../fields.ts";
import type { Invalid } from "../invalid-answer.ts";

/** Reads the tool calls of one answer. `index` is the provider's number of the call. */
export interface CallReader {
  readonly start: (index: number, call: Json) => readonly ChatEvent[];
  readonly delta: (index: number, call: Json) => readonly ChatEvent[];
  readonly end: (index: number) => readonly ChatEvent[];
  /** Ends the calls that are still open: because the answer was cut, or because nothing said that they had ended. */
  readonly close: (isCut: boolean) => readonly ChatEvent[];
  readonly any: () => boolean;
}

interface OpenCall {
  /** Its place among the calls of the answer. */
  readonly ordinal: number;
  hasArguments: boolean;
}

/** @param invalid Makes the error for what is no tool call. */
export const createCallReader = (invalid: Invalid): CallReader => {
  const open = new Map<number, OpenCall>();
  let count = 0;

  const openAt = (index: number): OpenCall => {
    const call = open.get(index);
    if (call === undefined) throw invalid("a piece of a tool call that is not open");
    return call;
  };
  const argumentsIn = (fields: Json): string => {
    const value = fields["arguments"] ?? "";
    if (typeof value !== "string") throw invalid("tool call arguments that are no text");
    return value;
  };
  const piece = (call: OpenCall, text: string): readonly ChatEvent[] => {
    if (text === "") return [];
    call.hasArguments = true;
    return [{ type: "tool-call-delta", choice: 0, index: call.ordinal, arguments: text }];
  };

  const end = (index: number, isCut = false): readonly ChatEvent[] => {
    const call = openAt(index);
    open.delete(index);
    // A call without arguments streams none, but they must be JSON all the same. What was cut must not look whole.
    const missing = call.hasArguments || isCut ? [] : piece(call, "{}");
    return [...missing, { type: "tool-call-end", choice: 0, index: call.ordinal }];
  };

  return {
    start: (index, call) => {
      const fields = objectIn(call, "function") ?? {};
      const id = stringIn(call, "id") ?? "";
      const name = stringIn(fields, "name") ?? "";
      if (id === "" || name === "") throw invalid("a tool call without id or name");
      if (open.has(index)) throw invalid("the beginning of one tool call twice");
      const started: OpenCall = { ordinal: count++, hasArguments: false };
      open.set(index, started);
      return [
        { type: "tool-call-start", choice: 0, index: started.ordinal, id, name, kind: "function" },
        ...piece(started, argumentsIn(fields)),
      ];
    },
    delta: (index, call) => piece(openAt(index), argumentsIn(objectIn(call, "function") ?? {})),
    end: (index) => end(index),
    close: (isCut) => [...open.keys()].flatMap((index) => end(index, isCut)),
    any: () => count > 0,
  };
};
