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
  const spans = yield* scan(rules, texts, form, 0);
  if (texts.length > 1) {
    let offset = 0;
    for (const text of texts) {
      spans.push(...(yield* scan(rules, [text], form, offset)));
      offset += text.length;
    }
  }
  const { decide, edits } = createVerdict(rules, onFinding, replaceable);
  const blocking = decide(spans);
  if (blocking !== undefined) onBlock(blocking);
  if (edits.length === 0) return texts;
  let offset = 0;
  let passed = 0;
  return texts.map((text) => {
    const start = offset;
    offset += text.length;
    while ((edits[passed]?.end ?? offset) <= start) passed++;
    return applyEdits(text, start, edits.slice(passed));
  });
}

function* scan(
  rules: readonly GuardrailRule[],
  texts: readonly string[],
  form: TextForm,
  offset: number,
): Generator<void, Span[]> {
  const scanner = createScanner(rules, form, offset);
  const spans: Span[] = [];
  for (const text of texts) {
    for (const slice of slicesOf(text)) {
      spans.push(...scanner.push(slice));
      yield;
    }
  }
  spans.push(...scanner.end());
  return spans;
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
