import { createJsonReader } from "./json-text.ts";
import { createNormaliser } from "./normalise.ts";
import type { GuardrailRule } from "./rule.ts";
import type { Span } from "./span.ts";
import { createView, type View } from "./view.ts";

/** How a field's text is to be read. */
export type TextForm = "plain" | "json";

/** Looks for the rules' matches in one field while its text arrives. */
export interface Scanner {
  /** Reads on; gives the matches that became certain. */
  readonly push: (text: string) => readonly Span[];
  /** Reads what has come as if nothing followed. Should more follow, matches across the seam are still found. */
  readonly end: () => readonly Span[];
  /** Every match that begins before this offset has been given. */
  readonly settled: () => number;
}

/**
 * Reads a field twice: as it is and normalised, the second only from where the two differ. What is found does not
 * depend on how the text is cut into pieces, and work and memory are bounded by the rules' longest match.
 *
 * @param offset Where the text begins in its field.
 */
export const createScanner = (rules: readonly GuardrailRule[], form: TextForm, offset: number = 0): Scanner => {
  const json = form === "json" ? createJsonReader(offset) : undefined;
  const normaliser = createNormaliser();
  let found: Span[] = [];
  let length = offset;
  const plain = createView(rules, offset, (span) => found.push(span));
  let normalised: View | undefined;

  const read = (text: string, ended: boolean): readonly Span[] => {
    const piece = json?.push(text, ended) ?? { text, offset: length };
    length += text.length;
    const { raw, normal } = normaliser.push(piece, ended);
    if (normal !== undefined) normalised ??= plain.fork();
    plain.read(raw, ended);
    normalised?.read(normal ?? raw, ended);
    const certain = found;
    found = [];
    return certain;
  };

  return {
    push: (text) => read(text, false),
    end: () => read("", true),
    settled: () => Math.min(plain.settled(), normalised?.settled() ?? Number.POSITIVE_INFINITY),
  };
};

// A pattern may cost a few thousand steps a character; between two slices there is time for other requests.
const sliceLength = 4096;

/** Cuts text into pieces small enough to be scanned in one go. */
export function* slicesOf(text: string): Generator<string, void> {
  for (let start = 0; start < text.length; start += sliceLength) yield text.slice(start, start + sliceLength);
}
