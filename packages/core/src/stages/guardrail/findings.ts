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

const findingsKey = createContextKey<GuardrailFinding[]>("guardrail-findings");

/** What guardrails found so far. Set when there is something; the list grows while the answer is read. */
export const guardrailFindingsKey: ContextKey<readonly GuardrailFinding[]> = findingsKey;

export interface FindingRecorder {
  readonly found: OnFinding;
  /** Puts the verdict so far on the span, where it has changed. */
  readonly report: () => void;
}

const gravity: readonly GuardrailAction[] = ["allow", "flag", "redact", "block"];

/** Keeps the findings of one direction of a request, in the context and on the span. */
export const createFindingRecorder = (context: Context, direction: GuardrailDirection): FindingRecorder => {
  /** Places of this recorder's findings in the list, which another guardrail stage may share. */
  const places = new Map<string, number>();
  let reported = false;

  const listed = (): GuardrailFinding[] => {
    const list = context.get(findingsKey) ?? [];
    if (list.length === 0) context.set(findingsKey, list);
    return list;
  };

  return {
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
      const list = context.get(findingsKey) ?? [];
      const own = [...places.values()].flatMap((place) => list[place] ?? []);
      const worst = own.toSorted((a, b) => gravity.indexOf(b.action) - gravity.indexOf(a.action))[0];
      span.setAttribute(attribute.guardrailDirection, direction);
      span.setAttribute(attribute.guardrailVerdict, worst?.action ?? "allow");
      if (worst === undefined) return;
      span.setAttribute(attribute.guardrailName, worst.rule);
      span.setAttribute(
        attribute.guardrailFindings,
        own.reduce((sum, one) => sum + one.count, 0),
      );
      span.setAttribute(attribute.guardrailCategories, [...new Set(own.map((one) => one.category))]);
    },
  };
};
