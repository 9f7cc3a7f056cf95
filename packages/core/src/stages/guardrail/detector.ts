import type { GuardrailMatch } from "./rule.ts";

/** Looks for one kind of thing. */
export interface Detector {
  /** How far it looks from the start of a match, both ways; its matches are no longer, unless they continue. */
  readonly reach: number;
  /**
   * The first match that starts at `from` or later. What is found at a place may depend only on the text within
   * `reach` of it, so that a window that moves over the text finds the same as one look at the whole.
   */
  readonly next: (text: string, from: number) => GuardrailMatch | undefined;
}

/** The matches of several detectors, leftmost first and the longest of those; none overlaps another. */
export function* leftmost(detectors: readonly Detector[], text: string, from: number): Generator<GuardrailMatch, void> {
  const ahead = detectors.map((detector) => detector.next(text, from));
  for (;;) {
    let best: GuardrailMatch | undefined;
    for (const match of ahead) {
      if (match === undefined) continue;
      if (best === undefined || match.start < best.start || (match.start === best.start && match.end > best.end))
        best = match;
    }
    if (best === undefined) return;
    yield best;
    const { end } = best;
    detectors.forEach((detector, index) => {
      const match = ahead[index];
      if (match !== undefined && match.start < end) ahead[index] = detector.next(text, end);
    });
  }
}

/** A detector that asks `endAt` at every place where `trigger` (a global pattern of one or a few characters) matches. */
export const detectorAt = (
  category: string,
  reach: number,
  trigger: RegExp,
  endAt: (text: string, start: number) => number | undefined,
  continues?: (code: number) => boolean,
): Detector => ({
  reach,
  next: (text, from) => {
    trigger.lastIndex = from;
    for (let found = trigger.exec(text); found !== null; found = trigger.exec(text)) {
      const start = found.index;
      const end = endAt(text, start);
      if (end !== undefined) return { start, end, category, ...(continues === undefined ? {} : { continues }) };
      trigger.lastIndex = start + 1;
    }
    return undefined;
  },
});
