/** What happens where a rule finds something. `allow` exempts what it matches from the other rules. */
export type GuardrailAction = "allow" | "flag" | "redact" | "block";

/** `input`: what is sent to the provider. `output`: what it answers. */
export type GuardrailDirection = "input" | "output";

/** One thing a rule found: `text.slice(start, end)`. */
export interface GuardrailMatch {
  readonly start: number;
  readonly end: number;
  /** What it is: `email`, `card`, … Shown to clients and on spans, and in capitals in place of redacted text. */
  readonly category: string;
  /**
   * For things of no fixed length, like tokens: the match goes on over every following character (UTF-16 code unit)
   * that passes, however far. Such a match may be longer than `maxMatchLength`.
   */
  readonly continues?: (code: number) => boolean;
}

export interface GuardrailRule {
  /** Tells rules apart in errors, findings and traces. */
  readonly name: string;
  readonly action: GuardrailAction;
  /** @default ["input", "output"] */
  readonly directions?: readonly GuardrailDirection[];
  /**
   * The longest match in UTF-16 code units; the rule also looks no further than this before a match's start, and no
   * further than one character more behind it. The promise that findings do not depend on chunks rests on that.
   */
  readonly maxMatchLength: number;
  /**
   * Finds the matches that start at `from` or later, in order and apart from each other. Called again and again with
   * a window of the text that moves on; must be a pure function of its arguments, and linear in the window.
   */
  readonly find: (text: string, from: number) => Iterable<GuardrailMatch>;
}

export const appliesTo = (rule: GuardrailRule, direction: GuardrailDirection): boolean =>
  rule.directions === undefined || rule.directions.includes(direction);
