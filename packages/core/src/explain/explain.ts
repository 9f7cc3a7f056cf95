import type { ChatRequest } from "../chat/request.ts";
import type { Engine } from "../engine.ts";
import { GatewayError } from "../errors.ts";
import { Cancellation } from "../pipeline/cancellation.ts";
import { compose, type Handler } from "../pipeline/compose.ts";
import { createContext, requireValue, type Context, type Principal } from "../pipeline/context.ts";
import { dryRunKey } from "../pipeline/dry-run.ts";
import { healthKey, type Health } from "../providers/health.ts";
import { silentSpan } from "../telemetry/request-telemetry.ts";
import { attribute } from "../telemetry/semconv.ts";
import { explainError } from "./explain-error.ts";
import { explainFacts } from "./explain-target.ts";
import type { ExplainedStage, Explanation, SkippedTarget } from "./explanation.ts";
import { standIn } from "./stand-in.ts";
import { watchStage, type Trail } from "./watch-stage.ts";

interface Asker {
  readonly principal: Principal;
  readonly signal?: AbortSignal;
}

/**
 * Sends a request through the real stages with nobody behind them, and tells what came of it. Whoever is asked there
 * fails at once, so that the stages themselves show who would be asked next.
 *
 * @throws GatewayError `client_closed` where the signal is aborted.
 */
export const explain = async (engine: Engine, request: ChatRequest, asker: Asker): Promise<Explanation> => {
  const context = createDryContext(engine, request, asker.principal);
  const trail: Trail = { stages: [], context, targets: new Map(), asked: false };
  const stages = engine.options.stages.map((stage) => watchStage(stage, trail));
  const error = await failureOf(compose(stages, standIn(trail)), context, asker.signal);

  const { targets, asked, answeredBy } = trail;
  const refusedBy = targets.size === 0 ? trail.stages.at(-1)?.stage : undefined;
  return {
    stages: trail.stages,
    ...(answeredBy === undefined ? {} : { answeredBy }),
    ...(error === undefined || asked
      ? {}
      : { refused: { ...(refusedBy === undefined ? {} : { stage: refusedBy }), error: explainError(error, context) } }),
    targets: [
      ...targets.values(),
      ...trail.context.targets
        .filter(({ id }) => !targets.has(id))
        .map((target) => ({ ...explainFacts(trail.context, target), reason: "not-reached" as const })),
    ],
    skipped: trail.stages.flatMap(skippedBy),
  };
};

/** A context like that of a real request, but nothing is traced in it, and no target's health changes. */
const createDryContext = (engine: Engine, request: ChatRequest, principal: Principal): Context => {
  const { values, clock, random, logger, deadlineMs } = engine.options;
  const context = createContext({
    id: engine.createRequestId(),
    request,
    principal,
    cancellation: new Cancellation(),
    deadline: clock.now() + deadlineMs,
    clock,
    random,
    logger,
    span: silentSpan,
    values,
  });
  context.set(dryRunKey, true);
  context.set(healthKey, lookOnly(requireValue(context, healthKey)));
  return context;
};

const ignore = (): void => undefined;

const lookOnly = (health: Health): Health => ({
  ...health,
  acquire: (target) => health.check(target) === undefined,
  succeeded: ignore,
  failed: ignore,
  neutral: ignore,
});

const over = new GatewayError("client_closed", "The dry run is over.");

/** How the run fails, which it does unless a stage answers. It is waited for until the deadline at most. */
const failureOf = async (run: Handler, context: Context, signal: AbortSignal | undefined): Promise<unknown> => {
  const { cancellation, clock, deadline } = context;
  const { promise: cancelled, reject } = Promise.withResolvers<never>();
  cancellation.add(reject);
  const timer = clock.timer(deadline - clock.now(), () =>
    cancellation.cancel(new GatewayError("upstream_timeout", "The request took longer than its deadline allows.")),
  );
  const onAbort = (): void =>
    cancellation.cancel(
      new GatewayError("client_closed", "The caller aborted the request.", { cause: signal?.reason }),
    );
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([run(context), cancelled]);
    return undefined;
  } catch (error) {
    if (signal?.aborted === true) throw cancellation.reason;
    return error;
  } finally {
    timer.cancel();
    signal?.removeEventListener("abort", onAbort);
    // Whatever a stage left running has nobody to work for any more.
    cancellation.cancel(over);
  }
};

/** The targets that `route` left out. It tells them on its span only, as `provider/model:reason`. */
const skippedBy = ({ attributes }: ExplainedStage): SkippedTarget[] => {
  const skipped = attributes[attribute.routeSkipped];
  if (!Array.isArray(skipped)) return [];
  return skipped.map((entry) => {
    const text = String(entry);
    // A model's name may hold colons, a reason does not.
    const colon = text.lastIndexOf(":");
    return { target: text.slice(0, colon), reason: text.slice(colon + 1) };
  });
};
