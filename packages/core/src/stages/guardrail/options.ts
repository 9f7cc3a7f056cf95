import { checkCount, checkKnown, checkOneOf } from "../../check-options.ts";
import { appliesTo, type GuardrailDirection, type GuardrailRule } from "./rule.ts";

export interface GuardrailOptions {
  /**
   * What is looked for, and what is done about it. `pii()`, `denyPatterns()` and `allowPatterns()` make rules.
   *
   * @default [] (nothing is inspected)
   */
  readonly rules?: readonly GuardrailRule[];
  /**
   * Characters of a streamed answer that must have come behind a character before it is delivered. No rule for answers
   * may find anything longer than this and one more.
   *
   * @default 256
   */
  readonly overlap?: number;
  /**
   * Whether requests are inspected.
   *
   * @default true
   */
  readonly input?: boolean;
  /**
   * Whether answers are inspected.
   *
   * @default true
   */
  readonly output?: boolean;
}

export interface ResolvedGuardrailOptions {
  readonly inputRules: readonly GuardrailRule[];
  readonly outputRules: readonly GuardrailRule[];
  readonly overlap: number;
}

const defaults = { rules: [], overlap: 256, input: true, output: true } as const satisfies Required<GuardrailOptions>;
const longestOverlap = 16_384;

/** @throws TypeError naming the option that is wrong and how to mend it. */
export const resolveGuardrailOptions = (options: GuardrailOptions): ResolvedGuardrailOptions => {
  checkKnown(options, "guardrail", Object.keys(defaults));
  const {
    rules = defaults.rules,
    overlap = defaults.overlap,
    input = defaults.input,
    output = defaults.output,
  } = options;
  if (!Array.isArray(rules)) throw new TypeError("`guardrail.rules` must be an array of rules, like `[pii()]`.");
  rules.forEach(checkRule);
  checkCount(overlap, "guardrail.overlap");
  if (overlap > longestOverlap) {
    throw new TypeError(
      `\`guardrail.overlap\` must be at most ${longestOverlap}, got ${overlap}: answers wait for it.`,
    );
  }
  for (const [name, value] of Object.entries({ input, output })) {
    if (typeof value !== "boolean") throw new TypeError(`\`guardrail.${name}\` must be true or false.`);
  }
  const inDirection = (direction: GuardrailDirection): readonly GuardrailRule[] =>
    rules.filter((rule: GuardrailRule) => appliesTo(rule, direction));
  const outputRules = output ? inDirection("output") : [];
  for (const { name, maxMatchLength } of outputRules) {
    if (maxMatchLength - 1 > overlap) {
      throw new TypeError(
        `\`guardrail.overlap\` must be at least ${maxMatchLength - 1}, for the rule "${name}" looks at up to ` +
          `${maxMatchLength} characters; got ${overlap}. Raise it, or give the rule shorter patterns.`,
      );
    }
  }
  return { inputRules: input ? inDirection("input") : [], outputRules, overlap };
};

const checkRule = (rule: GuardrailRule, index: number): void => {
  const option = `guardrail.rules[${index}]`;
  if (typeof rule !== "object" || rule === null || typeof rule.find !== "function") {
    throw new TypeError(`\`${option}\` must be a rule with a \`find\` function, such as \`pii()\` makes.`);
  }
  if (typeof rule.name !== "string" || rule.name === "") {
    throw new TypeError(`\`${option}.name\` must be a name, to tell the rule apart from others.`);
  }
  checkOneOf(rule.action, `${option}.action`, ["allow", "flag", "redact", "block"]);
  checkCount(rule.maxMatchLength, `${option}.maxMatchLength`);
  if (rule.directions === undefined) return;
  if (!Array.isArray(rule.directions) || rule.directions.length === 0) {
    throw new TypeError(`\`${option}.directions\` must list "input", "output" or both; leave it out for both.`);
  }
  rule.directions.forEach((direction) => checkOneOf(direction, `${option}.directions`, ["input", "output"]));
};
