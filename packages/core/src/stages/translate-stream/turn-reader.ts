import type { ChatEvent, ReasoningDelta, TextDelta } from "../../chat/event.ts";
import { createPlaces, type Places } from "../../chat/flat-turn.ts";
import type { ReasoningPart, Signature, TextPart } from "../../chat/message.ts";

/** Reasoning, or the proof of a text, and where in its turn it stood; directly before its call where that is not told. */
export interface KeptPiece {
  readonly part: ReasoningPart | TextPart;
  readonly place?: number;
}

/** What belongs to a tool call and its client may lose. */
export interface CallReasoning {
  readonly id: string;
  readonly name: string;
  readonly signature?: Signature;
  readonly pieces: readonly KeptPiece[];
}

type Draft<T> = { -readonly [K in keyof T]: T[K] };

interface OpenPiece {
  readonly part: Draft<ReasoningPart> | TextPart;
  readonly place: number;
}

interface Turn {
  readonly places: Places;
  readonly calls: CallReasoning[];
  /** What came since the last call. */
  pieces: OpenPiece[];
  /** How many of them were followed by text. */
  settled: number;
  /** The reasoning that is being written, and its block. */
  open?: { readonly part: Draft<ReasoningPart>; readonly block: number | undefined } | undefined;
}

/** Watches an answer for the reasoning that belongs to its tool calls. */
export interface TurnReader {
  readonly see: (event: ChatEvent) => void;
}

/**
 * @param maxLength Characters of reasoning after which an answer is let go.
 * @param onTurn Called when a choice has come to its end, with those of its calls that something belongs to.
 */
export const createTurnReader = (maxLength: number, onTurn: (calls: readonly CallReasoning[]) => void): TurnReader => {
  const turns = new Map<number, Turn>();
  let length = 0;

  const turnOf = (choice: number): Turn => {
    let turn = turns.get(choice);
    if (turn === undefined) {
      turn = { places: createPlaces(), calls: [], pieces: [], settled: 0 };
      turns.set(choice, turn);
    }
    return turn;
  };

  const reasoning = ({ text, block, summary, signature, encrypted, id }: ReasoningDelta, turn: Turn): void => {
    length += text.length + (signature?.value.length ?? 0) + (encrypted?.value.length ?? 0);
    if (length > maxLength) return;
    const { open } = turn;
    // A signed piece is sealed: what follows belongs to the next one, or the signature would not match.
    const goesOn = open !== undefined && open.block === block;
    const isSealed = block === undefined && open?.part.signature !== undefined;
    const part: Draft<ReasoningPart> = goesOn && !isSealed ? open.part : { type: "reasoning", text: "" };
    if (part !== open?.part) {
      turn.pieces.push({ part, place: turn.places.reasoning() });
      turn.open = { part, block };
    }
    part.text += text;
    if (summary !== undefined) part.summary = summary;
    if (id !== undefined) part.id = id;
    if (encrypted !== undefined) part.encrypted = encrypted;
    // Signatures may come in pieces, like the text they sign.
    if (signature !== undefined) part.signature = join(part.signature, signature);
  };

  const text = ({ signature }: TextDelta, turn: Turn): void => {
    turn.open = undefined;
    turn.places.text();
    turn.settled = turn.pieces.length;
    if (signature === undefined) return;
    length += signature.value.length;
    turn.pieces.push({ part: { type: "text", text: "", signature }, place: turn.places.reasoning() });
  };

  /** The pieces since the last call. What opens the turn, and what text followed, is known by its place. */
  const takePieces = (turn: Turn): readonly KeptPiece[] => {
    const { pieces, settled } = turn;
    turn.pieces = [];
    turn.settled = 0;
    return pieces.map(({ part, place }, index) => (index < settled || place === 0 ? { part, place } : { part }));
  };

  const end = (turn: Turn): void => {
    const last = turn.calls.at(-1);
    if (last === undefined || length > maxLength) return;
    const rest = turn.pieces.map(({ part, place }) => ({ part, place }));
    if (rest.length > 0) turn.calls.splice(-1, 1, { ...last, pieces: [...last.pieces, ...rest] });
    const calls = turn.calls.filter(({ signature, pieces }) => signature !== undefined || pieces.length > 0);
    if (calls.length > 0) onTurn(calls);
  };

  return {
    see: (event) => {
      switch (event.type) {
        case "text-delta":
          return text(event, turnOf(event.choice));
        case "reasoning-delta":
          return reasoning(event, turnOf(event.choice));
        case "refusal-delta": {
          const turn = turnOf(event.choice);
          turn.open = undefined;
          turn.settled = turn.pieces.length;
          return turn.places.refusal();
        }
        case "tool-call-start": {
          const turn = turnOf(event.choice);
          const { id, name, signature } = event;
          turn.open = undefined;
          turn.places.call();
          const pieces = takePieces(turn);
          turn.calls.push(signature === undefined ? { id, name, pieces } : { id, name, signature, pieces });
          return undefined;
        }
        case "reply-end":
          return end(turnOf(event.choice));
        default:
          return undefined;
      }
    },
  };
};

const join = (before: Signature | undefined, { format, value }: Signature): Signature => ({
  format,
  value: (before?.value ?? "") + value,
});
