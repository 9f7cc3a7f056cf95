import { createContextKey, type Context, type ContextKey } from "../../pipeline/context.ts";
import { attribute } from "../../telemetry/semconv.ts";
import type { GuardrailAction, GuardrailDirection } from "./rule.ts";
import type { OnFinding } from "./verdict.ts";

/** What a rule found in one request or its answer; never the text itself. */
export interface GuardrailFinding {
  /** The rule's name. */
  readonly rule: string;
  /** `unavailable` where a rule that only flags failed. */
  readonly category: string;
  readonly direction: GuardrailDirection;
  readonly action: GuardrailAction;
  readonly count: number;
}

/** What guardrails found so far. Set when there is something; grows while the answer is read. */
export const guardrailFindingsKey: ContextKey<readonly GuardrailFinding[]> = createContextKey("guardrail-findings");

export interface FindingRecorder {
  readonly found: OnFinding;
  /** Puts the verdict so far on the span, where it has changed. */
  readonly report: () => void;
}

const gravity: readonly GuardrailAction[] = ["allow", "flag", "redact", "block"];

/** Keeps the findings of one direction of a request, in the context and on the span. */
export const createFindingRecorder = (context: Context, direction: GuardrailDirection): FindingRecorder => {
  let own: readonly GuardrailFinding[] = [];
  let reported = false;

  return {
    found: ({ rule: { name }, category }, action) => {
      reported = false;
      const same = (one: GuardrailFinding): boolean =>
        one.rule === name && one.category === category && one.direction === direction && one.action === action;
      const count = (own.find(same)?.count ?? 0) + 1;
      const finding: GuardrailFinding = { rule: name, category, direction, action, count };
      // Another guardrail stage may have found things too.
      const others = (context.get(guardrailFindingsKey) ?? []).filter((one) => !own.includes(one));
      own = own.some(same) ? own.map((one) => (same(one) ? finding : one)) : [...own, finding];
      context.set(guardrailFindingsKey, [...others, ...own]);
    },
    report: () => {
      const { span } = context;
      if (reported || !span.isRecording()) return;
      reported = true;
      const worst = own.toSorted((a, b) => gravity.indexOf(b.action) - gravity.indexOf(a.action))[0];
      span.setAttribute(attribute.guardrailDirection, direction);
      span.setAttribute(attribute.guardrailVerdict, worst?.action ?? "allow");
      if (worst === undefined) return;
      span.setAttribute(attribute.guardrailName, worst.rule);
      span.setAttribute(attribute.guardrailFindings, own.reduce((sum, one) => sum + one.count, 0));
      span.setAttribute(attribute.guardrailCategories, [...new Set(own.map((one) => one.category))]);
    },
  };
};
