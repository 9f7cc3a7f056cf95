import type { ChatEvent } from "../../chat/event.ts";
import type { Signature } from "../../chat/message.ts";
import { UpstreamError } from "../../errors.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn, stringIn } from "../fields.ts";
import { madeCallId } from "../made-call-id.ts";
import { signatureOn, signaturesIn } from "./thought-signature.ts";

interface Call {
  /** Ordinal among the calls of the choice; -1 until its name is known. */
  ordinal: number;
  id: string;
  /** Arguments that came before the name. */
  early: string;
  hasArguments: boolean;
}

/** Puts one choice's tool calls together from whatever pieces a server sends. */
export interface ToolCallPieces {
  /** The events of a delta's `tool_calls` (or deprecated `function_call`). */
  readonly read: (delta: Json) => readonly ChatEvent[];
  /** The ends of all calls. */
  readonly end: () => readonly ChatEvent[];
  readonly count: () => number;
  /** The last delta numbered or named its calls as no client expects. */
  readonly isOdd: () => boolean;
}

export interface ToolCallOptions {
  readonly provider: string;
  readonly requestId: string;
  readonly choice: number;
  /** The client knows the deprecated `function_call`. */
  readonly expectsFunctionCall: boolean;
}

// More calls in one answer mean that the server repeats itself.
const maxCalls = 128;

/** Arguments as text; a few servers send the object itself. */
const argumentsOf = (value: unknown): string =>
  typeof value === "string" ? value : isObject(value) ? JSON.stringify(value) : "";

/** Some models write `null` for the arguments of a function that takes none; everybody else expects an object. */
export const isNullCall = (kind: "function" | "custom", text: string): boolean =>
  kind === "function" && text.trim() === "null";

/** What a call's piece says of its kind, name and arguments. Unused members may be there and empty. */
export const readTool = (piece: Json): { kind: "function" | "custom"; name: string; text: string } => {
  const custom = objectIn(piece, "custom");
  if (custom !== undefined && (piece["type"] === "custom" || objectIn(piece, "function") === undefined)) {
    return { kind: "custom", name: stringIn(custom, "name") ?? "", text: stringIn(custom, "input") ?? "" };
  }
  const inner = objectIn(piece, "function") ?? {};
  return { kind: "function", name: stringIn(inner, "name") ?? "", text: argumentsOf(inner["arguments"]) };
};

export const createToolCallPieces = (options: ToolCallOptions): ToolCallPieces => {
  const { provider, requestId, choice } = options;
  const byIndex = new Map<unknown, Call>();
  const byId = new Map<string, Call>();
  let last: Call | undefined;
  let count = 0;
  let isOdd = false;

  const invalid = (what: string): UpstreamError =>
    new UpstreamError("upstream_stream_invalid", `${provider} sent ${what}.`, { provider });

  const open = (index: unknown, id: string): Call => {
    if (byIndex.size + byId.size >= 2 * maxCalls) throw invalid(`more than ${maxCalls} tool calls`);
    const call: Call = { ordinal: -1, id, early: "", hasArguments: false };
    if (index !== undefined) byIndex.set(index, call);
    if (id !== "") byId.set(id, call);
    last = call;
    return call;
  };

  /** The call a piece goes on with: by index, else by id, else the last one. */
  const find = (index: unknown, id: string, name: string): Call | undefined => {
    const known = index === undefined ? (id === "" ? last : byId.get(id)) : byIndex.get(index);
    if (known === undefined || name === "" || known.ordinal === -1) return known;
    // A whole new call under a used number: a new id tells it, or a name where there is neither number nor id.
    const isOther = id === "" ? index === undefined : known.id !== id;
    return isOther ? undefined : known;
  };

  const readOne = (piece: Json, signatures: ReadonlyMap<string, Signature>, events: ChatEvent[]): void => {
    const { kind, name, text: told } = readTool(piece);
    const index = piece["index"] ?? undefined;
    const id = stringIn(piece, "id") ?? "";
    let call = find(index, id, name);
    // An empty object is a placeholder, not a call.
    if (call === undefined && id === "" && name === "" && told === "") return;
    call ??= open(index, id);
    const isNull = !call.hasArguments && isNullCall(kind, told);
    if (isNull) isOdd = true;
    const text = isNull ? "" : told;
    call.hasArguments ||= text !== "";
    if (call.ordinal === -1) {
      call.early += text;
      if (call.id === "" && id !== "") byId.set(id, call);
      call.id ||= id;
      if (name === "") return;
      if (count >= maxCalls) throw invalid(`more than ${maxCalls} tool calls`);
      call.ordinal = count++;
      if (call.id === "") {
        isOdd = true;
        call.id = madeCallId(requestId, call.ordinal, choice);
      }
      const signature = signatureOn(piece) ?? signatures.get(call.id);
      const start = { type: "tool-call-start" as const, choice, index: call.ordinal, id: call.id, name, kind };
      events.push(signature === undefined ? start : { ...start, signature });
      if (call.early !== "")
        events.push({ type: "tool-call-delta", choice, index: call.ordinal, arguments: call.early });
    } else if (text !== "") {
      events.push({ type: "tool-call-delta", choice, index: call.ordinal, arguments: text });
    }
    if (index !== call.ordinal) isOdd = true;
  };

  return {
    read: (delta) => {
      isOdd = false;
      const pieces = arrayIn(delta, "tool_calls").filter(isObject);
      const events: ChatEvent[] = [];
      if (pieces.length > 0) {
        const ids = new Set(pieces.map((piece) => stringIn(piece, "id") ?? ""));
        const signatures = signaturesIn(arrayIn(delta, "reasoning_details"), ids);
        for (const piece of pieces) readOne(piece, signatures, events);
      }
      const legacy = objectIn(delta, "function_call");
      if (legacy !== undefined) {
        readOne({ function: legacy, index: 0 }, new Map(), events);
        isOdd = !options.expectsFunctionCall;
      }
      return events;
    },
    end: () => {
      if (last !== undefined && last.ordinal === -1) throw invalid("a tool call without a name");
      return Array.from({ length: count }, (_, index) => ({ type: "tool-call-end" as const, choice, index }));
    },
    count: () => count,
    isOdd: () => isOdd,
  };
};
