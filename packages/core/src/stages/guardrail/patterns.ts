import { checkKnown, checkOneOf } from "../../check-options.ts";
import { boundsOf } from "./pattern-bounds.ts";
import { leftmost, type Detector } from "./detector.ts";
import type { GuardrailAction, GuardrailRule } from "./rule.ts";

export interface PatternOptions {
  /**
   * Texts are found as they stand, in capitals or not. Regular expressions keep their flags but for `g` and `y`; every
   * repetition in them needs an upper bound (`{1,64}`, not `+`), so that a streamed answer can be searched.
   */
  readonly patterns: readonly (string | RegExp)[];
  /** Tells the rule apart from others. */
  readonly name?: string;
}

export interface DenyPatternsOptions extends PatternOptions {
  /** @default "block" */
  readonly action?: Exclude<GuardrailAction, "allow">;
}

/**
 * A rule that finds texts and regular expressions. The time it takes grows in proportion to the text, but each place of
 * it may cost as many steps as the pattern has ways to match: at most 4,096, patterns with more are refused.
 *
 * @throws TypeError where a pattern is empty, has no longest match or too many ways to match.
 * @example
 * denyPatterns({ patterns: ["Project Falcon", /\bEMP-\d{6}\b/] });
 */
export const denyPatterns = (options: DenyPatternsOptions): GuardrailRule => {
  checkKnown(options, "denyPatterns", ["patterns", "name", "action"]);
  const { patterns, name = "deny-patterns", action = "block" } = options;
  checkOneOf(action, "denyPatterns.action", ["flag", "redact", "block"]);
  return patternRule("denyPatterns", patterns, name, action, "denied");
};

/**
 * A rule whose matches other rules leave alone: what lies inside one is neither flagged, redacted nor blocked.
 *
 * @throws TypeError as `denyPatterns` does.
 * @example
 * guardrail({ rules: [allowPatterns({ patterns: ["support@example.com"] }), pii()] });
 */
export const allowPatterns = (options: PatternOptions): GuardrailRule => {
  checkKnown(options, "allowPatterns", ["patterns", "name"]);
  const { patterns, name = "allow-patterns" } = options;
  return patternRule("allowPatterns", patterns, name, "allow", "allowed");
};

const mostWays = 4096;

const patternRule = (
  factory: string,
  patterns: readonly (string | RegExp)[],
  name: string,
  action: GuardrailAction,
  category: string,
): GuardrailRule => {
  if (!Array.isArray(patterns) || patterns.length === 0) {
    throw new TypeError(`\`${factory}.patterns\` must list at least one text or regular expression.`);
  }
  const detectors = patterns.map((pattern: unknown, index) => {
    const option = `${factory}.patterns[${index}]`;
    if (typeof pattern === "string" && pattern.trim() !== "") return detectorOf(literal(pattern), category, option);
    if (pattern instanceof RegExp) return detectorOf(pattern, category, option);
    throw new TypeError(`\`${option}\` must be a text that is not blank, or a regular expression.`);
  });
  return {
    name,
    action,
    maxMatchLength: Math.max(...detectors.map(({ reach }) => reach)),
    find: (text, from) => leftmost(detectors, text, from),
  };
};

/** Finds a text as it is written, and as it reads when normalised. */
const literal = (text: string): RegExp => {
  const forms = [...new Set([text, text.normalize("NFKC")])];
  return new RegExp(forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)).join("|"), "iu");
};

const detectorOf = (pattern: RegExp, category: string, option: string): Detector => {
  const { longest, shortest, ahead, behind, ways } = explained(option, () => boundsOf(pattern));
  if (shortest === 0) throw new TypeError(`\`${option}\` matches the empty text: make a part of it required.`);
  if (ways > mostWays) {
    throw new TypeError(
      `\`${option}\` has too many ways to match (over ${mostWays}): give its repetitions lower bounds, and none inside another.`,
    );
  }
  const search = new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, "")}g`);
  return {
    reach: Math.max(longest + ahead, behind),
    next: (text, from) => {
      search.lastIndex = from;
      const found = search.exec(text);
      return found === null ? undefined : { start: found.index, end: found.index + found[0].length, category };
    },
  };
};

const explained = <T>(option: string, work: () => T): T => {
  try {
    return work();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`\`${option}\` is not a pattern that can be searched in a stream: ${why}.`, { cause });
  }
};
