import type { ChatRequest } from "../chat/request.ts";
import type { Engine } from "../engine.ts";
import { compose } from "../pipeline/compose.ts";
import { attribute } from "../telemetry/semconv.ts";
import { explainError } from "./explain-error.ts";
import { explainFacts } from "./explain-target.ts";
import type { ExplainedStage, Explanation, SkippedTarget } from "./explanation.ts";
import { createDryContext, failureOf, type Asker } from "./run-dry.ts";
import { standIn } from "./stand-in.ts";
import { watchStage, type Trail } from "./watch-stage.ts";

/**
 * Sends a request through the real stages with nobody behind them, and tells what came of it. Whoever is asked there
 * fails at once, so that the stages themselves show who would be asked next.
 *
 * @throws GatewayError `client_closed` where the signal is aborted.
 */
export const explain = async (engine: Engine, request: ChatRequest, asker: Asker): Promise<Explanation> => {
  const context = createDryContext(engine, request, asker);
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
