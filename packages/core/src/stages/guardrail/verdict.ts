import { labelOf, type Edit } from "./redaction.ts";
import type { GuardrailAction, GuardrailRule } from "./rule.ts";
import type { Span } from "./span.ts";

export interface Verdict {
  /**
   * Decides about spans, which come in the order they were found; notes what is to be replaced in `edits`, nothing of
   * it in front of `floor`. Gives the first span that blocks: nothing from its start on may be delivered.
   */
  readonly decide: (spans: readonly Span[], floor?: number) => Span | undefined;
  /** In the order of the text. What was delivered may be taken out. */
  readonly edits: Edit[];
}

/** Told of each match that no `allow` rule exempts, once, and of what is done about it. */
export type OnFinding = (span: Span, action: GuardrailAction) => void;

/** Decides about the spans of one field. Where nothing can be replaced, a rule that redacts blocks. */
export const createVerdict = (
  rules: readonly GuardrailRule[],
  onFinding: OnFinding,
  replaceable: boolean = true,
): Verdict => {
  const edits: Edit[] = [];
  const counted = new Map<GuardrailRule, number>();
  const redacted = new WeakSet<Span>();
  let allowed: readonly Span[] = [];

  // Not by length: how long an open-ended match is depends on how much has come.
  const byPlace = (a: Span, b: Span): number =>
    a.start - b.start ||
    rank(a) - rank(b) ||
    rules.indexOf(a.rule) - rules.indexOf(b.rule) ||
    Number(a.category > b.category) - Number(a.category < b.category);

  /** Edits mostly come in order: only the parts of a match in JSON may stand behind the next match. */
  const note = (edit: Edit): void => {
    let place = edits.length;
    while (place > 0 && (edits[place - 1]?.start ?? 0) > edit.start) place--;
    edits.splice(place, 0, edit);
  };

  const redact = (span: Span, floor: number): void => {
    redacted.add(span);
    const label = labelOf(span.category);
    for (const { start, end, role } of span.cuts) {
      const text = role === "literal" ? `"[${label}]"` : `[${label}]`;
      if (end > floor) note({ start: Math.max(start, floor), end, text });
    }
  };

  const decide = (spans: readonly Span[], floor: number = 0): Span | undefined => {
    for (const span of spans.toSorted(byPlace)) {
      const { rule, start, end, openEnded, carriesOn } = span;
      if (carriesOn !== undefined) {
        if (redacted.has(carriesOn)) note({ start, end, text: "" });
        counted.set(rule, Math.max(end, counted.get(rule) ?? 0));
        continue;
      }
      if (rule.action === "allow") {
        allowed = [...allowed.filter((one) => one.end > start), span];
        continue;
      }
      if (allowed.some((one) => one.start <= start && one.end >= (openEnded ? start + 1 : end))) continue;
      const action = rule.action === "redact" && !replaceable ? "block" : rule.action;
      // The same thing found as it is and normalised, or found again behind a seam, counts once.
      if (start >= (counted.get(rule) ?? 0)) onFinding(span, action);
      counted.set(rule, Math.max(end, counted.get(rule) ?? 0));
      if (action === "redact") redact(span, floor);
      if (action === "block") return span;
    }
    return undefined;
  };
  return { decide, edits };
};

const rank = ({ rule, start, carriesOn }: Span): number => {
  // All of a word of JSON stands where it begins, so what carries a match on may begin where the match does.
  if (carriesOn !== undefined) return carriesOn.start === start ? rank(carriesOn) + 0.5 : 0;
  return rule.action === "allow" ? 1 : rule.action === "block" ? 2 : 3;
};
