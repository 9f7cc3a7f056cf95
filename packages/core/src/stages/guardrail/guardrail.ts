import { GatewayError } from "../../errors.ts";
import { defineStage, type Stage } from "../../pipeline/stage.ts";
import type { Context } from "../../pipeline/context.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { createFindingRecorder } from "./findings.ts";
import { guardReply } from "./guard-reply.ts";
import { inspectRequest } from "./inspect-request.ts";
import { resolveGuardrailOptions, type GuardrailOptions } from "./options.ts";
import type { GuardrailRule } from "./rule.ts";

export type { GuardrailOptions } from "./options.ts";

/**
 * Applies rules to every text of a request and of its answer: what they find is allowed, flagged, redacted or blocked.
 * Without rules it does nothing.
 *
 * @throws TypeError where an option is wrong.
 * @example
 * guardrail({ rules: [pii(), denyPatterns({ patterns: ["Project Falcon"] })] });
 */
export const guardrail = (options: GuardrailOptions = {}): Stage => {
  const { inputRules, outputRules, overlap } = resolveGuardrailOptions(options);
  if (inputRules.length === 0 && outputRules.length === 0) return defineStage("guardrail", (_context, next) => next());

  return defineStage("guardrail", async (context, next) => {
    const request = inputRules.length === 0 ? context.request : await guardRequest(context, inputRules);
    const reply = await (request === context.request ? next() : next({ request }));
    if (outputRules.length === 0) return reply;
    const recorder = createFindingRecorder(context, "output", outputRules);
    const guarded = guardReply(reply, { rules: outputRules, overlap, recorder });
    guarded.finished.add(recorder.conclude);
    return guarded;
  });
};

// Long requests are looked through in turns, so that one of them does not hold up all others.
const turnMs = 10;

const guardRequest = async (context: Context, rules: readonly GuardrailRule[]): Promise<ChatRequest> => {
  const { clock, signal } = context;
  const { begin, found, report, conclude } = createFindingRecorder(context, "input", rules);
  begin();
  const steps = inspectRequest(context.request, {
    rules,
    onFinding: found,
    onBlock: ({ rule, category }) => {
      report();
      conclude();
      throw new GatewayError("content_filter", `The guardrail rule "${rule.name}" blocked this request (${category}).`);
    },
  });
  let turnStart = clock.now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) {
      report();
      conclude();
      return step.value;
    }
    if (clock.now() - turnStart > turnMs) {
      await clock.sleep(0, signal);
      turnStart = clock.now();
    }
  }
};
