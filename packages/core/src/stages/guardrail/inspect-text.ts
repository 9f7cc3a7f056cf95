import { applyEdits } from "./redaction.ts";
import type { GuardrailRule } from "./rule.ts";
import { createScanner, slicesOf, type TextForm } from "./scanner.ts";
import type { Span } from "./span.ts";
import { createVerdict, type OnFinding } from "./verdict.ts";

export interface Inspection {
  readonly rules: readonly GuardrailRule[];
  readonly onFinding: OnFinding;
  /** Called with the first thing that blocks; does not return. */
  readonly onBlock: (span: Span) => never;
}

export interface TextOptions {
  /** @default "plain" */
  readonly form?: TextForm;
  /** `false`: nothing can take the place of what is found, so a rule that redacts blocks. */
  readonly replaceable?: boolean;
}

/**
 * Looks through whole texts that a reader sees as one, together and each alone, and gives them as they may pass.
 * Yields now and then, where the caller may let others work.
 */
export function* inspectTexts(
  { rules, onFinding, onBlock }: Inspection,
  texts: readonly string[],
  { form = "plain", replaceable = true }: TextOptions = {},
): Generator<void, readonly string[]> {
  const starts: number[] = [];
  const alone: Span[][] = [];
  let length = 0;
  for (const text of texts) {
    starts.push(length);
    alone.push(yield* scan(rules, [text], form, length));
    length += text.length;
  }
  const together = texts.length > 1 ? acrossSeams(yield* scan(rules, texts, form, 0), starts, alone) : [];
  const { decide, edits } = createVerdict(rules, onFinding, replaceable);
  const blocking = decide([...alone.flat(), ...together]);
  if (blocking !== undefined) onBlock(blocking);
  if (edits.length === 0) return texts;
  let passed = 0;
  return texts.map((text, index) => {
    const start = starts[index] ?? 0;
    while ((edits[passed]?.end ?? Number.POSITIVE_INFINITY) <= start) passed++;
    return applyEdits(text, start, edits, passed);
  });
}

/** Matches that only exist because texts follow each other: where one text alone explains them, that is enough. */
const acrossSeams = (
  together: readonly Span[],
  starts: readonly number[],
  alone: readonly (readonly Span[])[],
): readonly Span[] =>
  together.filter(({ start, end, rule, category, carriesOn }) => {
    const first = textAt(starts, start);
    const last = textAt(starts, end - 1);
    if (first === last || carriesOn !== undefined) return false;
    const near = alone.slice(first, last + 1).flat();
    return !near.some((one) => one.rule === rule && one.category === category && one.start < end && one.end > start);
  });

/** Index of the text that `offset` lies in. */
const textAt = (starts: readonly number[], offset: number): number => {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
};

function* scan(
  rules: readonly GuardrailRule[],
  texts: readonly string[],
  form: TextForm,
  offset: number,
): Generator<void, Span[]> {
  const scanner = createScanner(rules, form, offset);
  const found: (readonly Span[])[] = [];
  for (const text of texts) {
    for (const slice of slicesOf(text)) {
      found.push(scanner.push(slice));
      yield;
    }
  }
  found.push(scanner.end());
  return found.flat();
}

export function* inspectText(inspection: Inspection, text: string, options?: TextOptions): Generator<void, string> {
  const [result = text] = yield* inspectTexts(inspection, [text], options);
  return result;
}

/** Looks through every string, key and number of a JSON value. The same value where nothing is to be replaced. */
export function* inspectJson<T>(inspection: Inspection, value: T, replaceable: boolean = true): Generator<void, T> {
  const text = JSON.stringify(value) as string | undefined; // undefined for what JSON can not say
  if (text === undefined) return value;
  const result = yield* inspectText(inspection, text, { form: "json", replaceable });
  // Only strings and numbers were replaced, by strings: the value keeps its shape.
  return result === text ? value : (JSON.parse(result) as T);
}
