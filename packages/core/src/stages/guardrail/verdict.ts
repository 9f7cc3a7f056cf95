import { labelOf, type Edit } from "./redaction.ts";
import type { GuardrailAction, GuardrailRule } from "./rule.ts";
import type { Span } from "./span.ts";

export interface Verdict {
  /**
   * Decides about spans, which come in the order they were found; notes what is to be replaced in `edits`. Gives the
   * first span that blocks: nothing from its start on may be delivered.
   */
  readonly decide: (spans: readonly Span[]) => Span | undefined;
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

  const byPlace = (a: Span, b: Span): number =>
    a.start - b.start || rank(a) - rank(b) || b.end - a.end || rules.indexOf(a.rule) - rules.indexOf(b.rule);

  const redact = (span: Span): void => {
    redacted.add(span);
    const label = labelOf(span.category);
    for (const { start, end, role } of span.cuts) {
      edits.push({ start, end, text: role === "literal" ? `"[${label}]"` : `[${label}]` });
    }
  };

  const look = (spans: readonly Span[]): Span | undefined => {
    for (const span of spans.toSorted(byPlace)) {
      const { rule, start, end, carriesOn } = span;
      if (carriesOn !== undefined) {
        if (redacted.has(carriesOn)) edits.push({ start, end, text: "" });
        continue;
      }
      if (rule.action === "allow") {
        allowed = [...allowed.filter((one) => one.end > start), span];
        continue;
      }
      if (allowed.some((one) => one.start <= start && one.end >= end)) continue;
      const action = rule.action === "redact" && !replaceable ? "block" : rule.action;
      // The same thing found as it is and normalised, or found again behind a seam, counts once.
      if (start >= (counted.get(rule) ?? 0)) onFinding(span, action);
      counted.set(rule, Math.max(end, counted.get(rule) ?? 0));
      if (action === "redact") redact(span);
      if (action === "block") return span;
    }
    return undefined;
  };
  return {
    decide: (spans) => {
      if (spans.length === 0) return undefined;
      const blocking = look(spans);
      edits.sort((a, b) => a.start - b.start);
      return blocking;
    },
    edits,
  };
};

const rank = ({ rule }: Span): number => (rule.action === "allow" ? 0 : rule.action === "block" ? 1 : 2);
