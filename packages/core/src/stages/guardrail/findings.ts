import { createContextKey, type Context, type ContextKey } from "../../pipeline/context.ts";
import { attribute } from "../../telemetry/semconv.ts";
import { telemetryKey } from "../../telemetry/request-telemetry.ts";
import type { GuardrailAction, GuardrailDirection, GuardrailRule } from "./rule.ts";
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

const findingsKey = createContextKey<GuardrailFinding[]>("guardrail-findings");

/** What guardrails found so far. Set when there is something; the list grows while the answer is read. */
export const guardrailFindingsKey: ContextKey<readonly GuardrailFinding[]> = findingsKey;

export interface FindingRecorder {
  /** The rules get something to look through. Every call after the first does nothing. */
  readonly begin: () => void;
  readonly found: OnFinding;
  /** Puts the verdict so far on the span, where it has changed. */
  readonly report: () => void;
  /** Nothing more will be found: tells the verdict of each rule. Every call after the first does nothing. */
  readonly conclude: () => void;
}

const gravity: readonly GuardrailAction[] = ["allow", "flag", "redact", "block"];

type Findings = readonly GuardrailFinding[];

const worstOf = (findings: Findings): GuardrailFinding | undefined =>
  findings.toSorted((a, b) => gravity.indexOf(b.action) - gravity.indexOf(a.action))[0];
const countOf = (findings: Findings): number => findings.reduce((sum, { count }) => sum + count, 0);
const categoriesOf = (findings: Findings): string[] => [...new Set(findings.map(({ category }) => category))];

/** Keeps the findings of rules in one direction of a request, in the context and on the span. */
export const createFindingRecorder = (
  context: Context,
  direction: GuardrailDirection,
  rules: readonly GuardrailRule[],
): FindingRecorder => {
  /** Places of this recorder's findings in the list, which another guardrail stage may share. */
  const places = new Map<string, number>();
  let began: { readonly now: number; readonly wall: number } | undefined;
  let reported = false;
  let concluded = false;

  const own = (): readonly GuardrailFinding[] => {
    const list = context.get(findingsKey) ?? [];
    return [...places.values()].flatMap((place) => list[place] ?? []);
  };

  const listed = (): GuardrailFinding[] => {
    const list = context.get(findingsKey) ?? [];
    if (list.length === 0) context.set(findingsKey, list);
    return list;
  };

  const begin = () => (began ??= { now: context.clock.now(), wall: context.clock.wall() });

  return {
    begin,
    found: ({ rule: { name: rule }, category }, action) => {
      const list = listed();
      const key = JSON.stringify([rule, category, action]);
      const place = places.get(key) ?? list.length;
      places.set(key, place);
      list[place] = { rule, category, direction, action, count: (list[place]?.count ?? 0) + 1 };
      reported = false;
    },
    report: () => {
      const { span } = context;
      if (reported || !span.isRecording()) return;
      reported = true;
      const findings = own();
      const worst = worstOf(findings);
      span.setAttribute(attribute.guardrailDirection, direction);
      span.setAttribute(attribute.guardrailVerdict, worst?.action ?? "allow");
      if (worst === undefined) return;
      span.setAttribute(attribute.guardrailName, worst.rule);
      span.setAttribute(attribute.guardrailFindings, countOf(findings));
      span.setAttribute(attribute.guardrailCategories, categoriesOf(findings));
    },
    conclude: () => {
      const telemetry = context.get(telemetryKey);
      if (concluded || telemetry === undefined) return;
      concluded = true;
      const all = own();
      // An answer that nobody read was not looked through.
      const { now, wall: startedAt } = begin();
      const durationMs = context.clock.now() - now;
      for (const { name } of rules) {
        const findings = all.filter(({ rule }) => rule === name);
        const verdict = worstOf(findings)?.action ?? "allow";
        const told = { findings: countOf(findings), categories: categoriesOf(findings) };
        telemetry.guarded({ name, direction, verdict, startedAt, durationMs, ...told }, context.span);
      }
    },
  };
};
