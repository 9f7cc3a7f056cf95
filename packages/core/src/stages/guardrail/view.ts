import { GatewayError } from "../../errors.ts";
import { joinPieces, originAt, slicePiece, type Piece } from "./piece.ts";
import type { GuardrailMatch, GuardrailRule } from "./rule.ts";
import { createSpan, type Span } from "./span.ts";

/** A match that reaches the end of what has come and may go on behind it. */
interface Open {
  readonly span: Span;
  readonly continues: (code: number) => boolean;
}

/** One reading of a field (as it came, or normalised) and how far each rule has got in it. */
export interface View {
  /** Appends text and reports what is now certain about it; with `ended`, as if nothing followed. */
  readonly read: (piece: Piece, ended: boolean) => void;
  /** Every match that begins before this offset of the field has been reported. */
  readonly settled: () => number;
  /** A view of the same text that goes its own way from here. */
  readonly fork: () => View;
}

interface Progress {
  readonly from: number;
  readonly open?: Open;
}

// The window is cut when this much can go, not for each token.
const slack = 1024;

/** @param onSpan Called with each match, once. */
export const createView = (rules: readonly GuardrailRule[], offset: number, onSpan: (span: Span) => void): View => {
  const lookBehind = Math.max(...rules.map((rule) => rule.maxMatchLength));

  const make = (start: Piece, at: readonly Progress[], startEnd: number): View => {
    let window = start;
    let end = startEnd;
    let progress = at;

    const goOn = ({ span, continues }: Open, from: number): number => {
      let next = from;
      while (next < window.text.length && continues(window.text.charCodeAt(next))) next++;
      if (next > from) onSpan(createSpan(window, { start: from, end: next, category: span.category }, span.rule, span));
      return next;
    };

    const advance = (rule: GuardrailRule, { from: before, open: openBefore }: Progress, ended: boolean): Progress => {
      const { length } = window.text;
      let from = before;
      let open = openBefore;
      if (open !== undefined) {
        from = goOn(open, from);
        if (from < length) open = undefined;
      }
      // A match that begins before this has been seen whole, with a character behind it.
      const certain = length - rule.maxMatchLength;
      const limit = ended ? length : certain;
      try {
        for (const match of limit > from ? rule.find(window.text, from) : []) {
          if (match.start >= limit) break;
          if (match.start < from) continue;
          checkMatch(rule, match, length);
          const span = createSpan(window, match, rule);
          onSpan(span);
          from = match.end;
          const { continues } = match;
          open = continues !== undefined && from === length ? { span, continues } : undefined;
        }
      } catch (error) {
        onSpan(failureOf(rule, error, settledAt(from)));
      }
      // What was only taken for the end may prove to be none: undecided places stay so.
      from = Math.max(from, certain);
      return open === undefined ? { from } : { from, open };
    };

    const trim = (): void => {
      const keep = Math.min(...progress.map(({ from }) => from)) - lookBehind;
      if (keep < slack) return;
      window = slicePiece(window, keep);
      progress = progress.map((one) => ({ ...one, from: one.from - keep }));
    };

    const settledAt = (from: number): number => (from < window.text.length ? originAt(window, from).start : end);

    return {
      read: (piece, ended) => {
        if (piece.text !== "") end = originAt(piece, piece.text.length - 1).end;
        window = joinPieces(window, piece);
        progress = rules.map((rule, index) => advance(rule, progress[index] ?? { from: 0 }, ended));
        trim();
      },
      settled: () => settledAt(Math.min(...progress.map((one) => one.from))),
      fork: () => make(window, progress, end),
    };
  };

  return make(
    { text: "", offset },
    rules.map(() => ({ from: 0 })),
    offset,
  );
};

/** A rule that protects fails closed; one that only watches fails open, and leaves a mark. */
const failureOf = (rule: GuardrailRule, cause: unknown, start: number): Span => {
  if (rule.action === "flag" || rule.action === "allow") {
    return { start, end: start, rule, category: "unavailable", openEnded: false, cuts: [] };
  }
  throw new GatewayError("guardrail_unavailable", `The guardrail rule "${rule.name}" failed.`, { cause });
};

const checkMatch = (rule: GuardrailRule, { start, end, category, continues }: GuardrailMatch, length: number): void => {
  const sound = Number.isInteger(start) && Number.isInteger(end) && start < end && end <= length;
  if (!sound || typeof category !== "string" || (continues === undefined && end - start > rule.maxMatchLength)) {
    throw new RangeError(`"${rule.name}" found something outside the text or longer than its maxMatchLength.`);
  }
};
