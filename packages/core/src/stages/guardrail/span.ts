import { originAt, type Origin, type Piece } from "./piece.ts";
import type { GuardrailMatch, GuardrailRule } from "./rule.ts";

/** A stretch of delivered text that can be replaced. */
interface Cut {
  readonly start: number;
  readonly end: number;
  /** A number or word of JSON: what replaces it must be a JSON value. */
  readonly role?: Origin["role"];
}

/** A match, in offsets of the delivered text. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly rule: GuardrailRule;
  readonly category: string;
  /** What of it can be replaced: all of plain text; of JSON text, what lies between its structure. */
  readonly cuts: readonly Cut[];
  /** It goes on as far as its characters do; how far is not known yet. */
  readonly openEnded: boolean;
  /** The match that this one carries on. */
  readonly carriesOn?: Span;
}

export const createSpan = (view: Piece, match: GuardrailMatch, rule: GuardrailRule, carriesOn?: Span): Span => {
  const { start } = originAt(view, match.start);
  const { end } = originAt(view, match.end - 1);
  return {
    start,
    end,
    rule,
    category: match.category,
    openEnded: match.continues !== undefined,
    cuts: view.origins === undefined ? [{ start, end }] : cutsOf(view.origins.slice(match.start, match.end)),
    ...(carriesOn === undefined ? {} : { carriesOn }),
  };
};

const cutsOf = (origins: readonly Origin[]): readonly Cut[] => {
  const cuts: Cut[] = [];
  let last: Origin | undefined;
  for (const origin of origins) {
    if (origin === last) continue;
    const cut = cuts.at(-1);
    // Neighbours in one string go together, and so do the parts of a word too long to be read at once; each number or
    // word is a value of its own.
    const grows = cut !== undefined && last !== undefined && last.role !== "structure" && origin.role === last.role;
    last = origin;
    if (origin.role === "structure") continue;
    if (grows) cuts[cuts.length - 1] = { ...cut, end: Math.max(cut.end, origin.end) };
    else cuts.push(origin);
  }
  return cuts;
};
