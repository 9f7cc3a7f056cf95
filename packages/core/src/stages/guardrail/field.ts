import { createScanner, slicesOf, type TextForm } from "./scanner.ts";
import { applyEdits } from "./redaction.ts";
import type { GuardrailRule } from "./rule.ts";
import type { Span } from "./span.ts";
import { createVerdict, type OnFinding } from "./verdict.ts";

/** One stream of text in an answer: a choice's text, its reasoning, its refusal, or one tool call's arguments. */
export interface Field {
  /** Characters that have come. */
  readonly length: () => number;
  /** Characters that may be delivered: looked at, and far enough behind what has come. */
  readonly released: () => number;
  /** Reads on; where something blocks, gives the place in front of which the answer has to end. */
  readonly push: (text: string) => number | undefined;
  /** Takes what has come for all there is, and releases it, unless something blocks. */
  readonly end: () => number | undefined;
  /** Whether it was ended and has gone on nevertheless. */
  readonly resumed: () => boolean;
  /** `text`, which begins at `start`, as it may be delivered. Asked in order, each place once. */
  readonly deliver: (text: string, start: number) => string;
}

export const createField = (
  rules: readonly GuardrailRule[],
  form: TextForm,
  overlap: number,
  onFinding: OnFinding,
): Field => {
  const scanner = createScanner(rules, form);
  const { decide, edits } = createVerdict(rules, onFinding);
  let pending: readonly Span[] = [];
  let length = 0;
  let released = 0;
  let ended = false;
  let resumed = false;

  /** Where the answer has to end, if anywhere: what was released may have gone out already. */
  const settle = (spans: readonly Span[], settled: number): number | undefined => {
    if (pending.length === 0 && spans.length === 0) return undefined;
    const all = [...pending, ...spans];
    pending = all.filter((span) => span.start >= settled);
    const certain = pending.length === 0 ? all : all.filter((span) => span.start < settled);
    const blocking = decide(certain, released);
    return blocking === undefined ? undefined : Math.max(blocking.start, released);
  };

  return {
    length: () => length,
    released: () => released,
    push: (text) => {
      if (ended) resumed = true;
      ended = false;
      length += text.length;
      for (const slice of slicesOf(text)) {
        const found = scanner.push(slice);
        const blocking = settle(found, scanner.settled());
        if (blocking !== undefined) return blocking;
      }
      released = Math.max(released, Math.min(scanner.settled(), length - overlap));
      return undefined;
    },
    end: () => {
      if (ended) return undefined;
      ended = true;
      const blocking = settle(scanner.end(), Number.POSITIVE_INFINITY);
      if (blocking === undefined) released = length;
      return blocking;
    },
    resumed: () => resumed,
    deliver: (text, start) => {
      const result = edits.length === 0 ? text : applyEdits(text, start, edits);
      const done = edits.findIndex((edit) => edit.end > start + text.length);
      edits.splice(0, done === -1 ? edits.length : done);
      return result;
    },
  };
};
