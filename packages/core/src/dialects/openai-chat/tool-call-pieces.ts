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

const noIds: ReadonlySet<string> = new Set();

/** The ids of those of these calls that have one. */
export const callIdsOf = (calls: readonly unknown[]): ReadonlySet<string> => {
  if (calls.length === 0) return noIds;
  const ids = new Set<string>();
  for (const call of calls) {
    const id = isObject(call) ? stringIn(call, "id") : undefined;
    if (id !== undefined && id !== "") ids.add(id);
  }
  return ids;
};

const noSignatures: ReadonlyMap<string, Signature> = new Map();

/** The signatures in a delta's reasoning that belong to the calls of the same delta, by call id. */
export const callSignatures = (delta: Json): ReadonlyMap<string, Signature> => {
  const details = arrayIn(delta, "reasoning_details");
  return details.length === 0 ? noSignatures : signaturesIn(details, callIdsOf(arrayIn(delta, "tool_calls")));
};

/**
 * Puts one choice's tool calls together from whatever pieces a server sends. A class because there is one for each
 * streamed answer with calls: its closures would be made each time.
 */
export class ToolCallPieces {
  readonly #options: ToolCallOptions;
  readonly #byIndex = new Map<unknown, Call>();
  readonly #byId = new Map<string, Call>();
  #last: Call | undefined;
  #count = 0;
  #isOdd = false;

  constructor(options: ToolCallOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#count;
  }

  /** The last delta numbered or named its calls as no client expects. */
  get isOdd(): boolean {
    return this.#isOdd;
  }

  /** Adds the events of a delta's `tool_calls` (or deprecated `function_call`). */
  read(delta: Json, events: ChatEvent[]): void {
    this.#isOdd = false;
    const signatures = callSignatures(delta);
    for (const piece of arrayIn(delta, "tool_calls")) if (isObject(piece)) this.#readOne(piece, signatures, events);
    const legacy = objectIn(delta, "function_call");
    if (legacy === undefined) return;
    this.#readOne({ function: legacy, index: 0 }, noSignatures, events);
    this.#isOdd = !this.#options.expectsFunctionCall;
  }

  /** Adds the ends of all calls. */
  end(events: ChatEvent[]): void {
    if (this.#last !== undefined && this.#last.ordinal === -1) throw this.#invalid("a tool call without a name");
    const { choice } = this.#options;
    for (let index = 0; index < this.#count; index++) events.push({ type: "tool-call-end", choice, index });
  }

  #readOne(piece: Json, signatures: ReadonlyMap<string, Signature>, events: ChatEvent[]): void {
    const { requestId, choice } = this.#options;
    const { kind, name, text: told } = readTool(piece);
    const index = piece["index"] ?? undefined;
    const id = stringIn(piece, "id") ?? "";
    let call = this.#find(index, id, name);
    // An empty object is a placeholder, not a call.
    if (call === undefined && id === "" && name === "" && told === "") return;
    call ??= this.#open(index, id);
    const isNull = !call.hasArguments && isNullCall(kind, told);
    if (isNull) this.#isOdd = true;
    const text = isNull ? "" : told;
    call.hasArguments ||= text !== "";
    if (call.ordinal === -1) {
      call.early += text;
      if (call.id === "" && id !== "") this.#byId.set(id, call);
      call.id ||= id;
      if (name === "") return;
      if (this.#count >= maxCalls) throw this.#invalid(`more than ${maxCalls} tool calls`);
      call.ordinal = this.#count++;
      if (call.id === "") {
        this.#isOdd = true;
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
    if (index !== call.ordinal) this.#isOdd = true;
  }

  /** The call a piece goes on with: by index, else by id, else the last one. */
  #find(index: unknown, id: string, name: string): Call | undefined {
    const known = index === undefined ? (id === "" ? this.#last : this.#byId.get(id)) : this.#byIndex.get(index);
    if (known === undefined || name === "" || known.ordinal === -1) return known;
    // A whole new call under a used number: a new id tells it, or a name where there is neither number nor id.
    const isOther = id === "" ? index === undefined : known.id !== id;
    return isOther ? undefined : known;
  }

  #open(index: unknown, id: string): Call {
    if (this.#byIndex.size + this.#byId.size >= 2 * maxCalls) throw this.#invalid(`more than ${maxCalls} tool calls`);
    const call: Call = { ordinal: -1, id, early: "", hasArguments: false };
    if (index !== undefined) this.#byIndex.set(index, call);
    if (id !== "") this.#byId.set(id, call);
    this.#last = call;
    return call;
  }

  #invalid(what: string): UpstreamError {
    const { provider } = this.#options;
    return new UpstreamError("upstream_stream_invalid", `${provider} sent ${what}.`, { provider });
  }
}
