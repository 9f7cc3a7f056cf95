import { arrange, type PlacedPart } from "../../chat/flat-turn.ts";
import type { Message, Part, ToolCallPart } from "../../chat/message.ts";
import type { CallReasoning } from "./turn-reader.ts";

/** What is kept of the calls of a conversation, by call id. */
export type KeptCalls = ReadonlyMap<string, CallReasoning>;

/** Whether something in a turn proves that its client keeps what it is given. */
const isProven = (part: Part): boolean =>
  ("signature" in part && part.signature !== undefined) || (part.type === "reasoning" && part.encrypted !== undefined);

/** The tool calls of a turn of which everything that proves its reasoning may be lost; none of any other message. */
export const bareCalls = ({ role, parts }: Message): readonly ToolCallPart[] =>
  role !== "assistant" || parts.some(isProven) ? [] : parts.filter((part) => part.type === "tool-call");

/**
 * A turn with the reasoning and the signatures that belong to its calls; the very message where there are none.
 * Reasoning that the client kept as text gives way to the same with its proof.
 */
export const giveBack = (message: Message, kept: KeptCalls): Message => {
  const { parts } = message;
  const found = bareCalls(message).flatMap(({ id, name }) => {
    const call = kept.get(id);
    // Some providers number their calls: then the same id may stand for another call.
    return call?.name === name ? [call] : [];
  });
  if (found.length === 0) return message;
  const pieces = found.flatMap((call) => call.pieces);
  const keepsOwn = parts.some(({ type }) => type === "reasoning") && !pieces.some(({ part }) => isProven(part));
  const calls = new Map(found.map((call) => [call.id, call]));
  const others = parts
    .filter(({ type }) => type !== "reasoning" || keepsOwn)
    .flatMap((part) => (part.type === "tool-call" ? withReasoning(part, calls.get(part.id), keepsOwn) : [part]));
  const placed = keepsOwn ? [] : pieces.filter((piece): piece is Placed => piece.place !== undefined);
  return { ...message, parts: arrange(placed.map(toPlaced).toSorted(byPlace), others) };
};

type Placed = CallReasoning["pieces"][number] & { readonly place: number };

const toPlaced = ({ part, place }: Placed): Required<PlacedPart> => ({ part, index: place });

const byPlace = (a: Required<PlacedPart>, b: Required<PlacedPart>): number => a.index - b.index;

/** A call with its signature, and what stood directly before it. */
const withReasoning = (call: ToolCallPart, kept: CallReasoning | undefined, keepsOwn: boolean): readonly Part[] => {
  if (kept === undefined) return [call];
  const signed = kept.signature === undefined ? call : { ...call, signature: kept.signature };
  const before = keepsOwn ? [] : kept.pieces.filter(({ place }) => place === undefined);
  return [...before.map(({ part }) => part), signed];
};
