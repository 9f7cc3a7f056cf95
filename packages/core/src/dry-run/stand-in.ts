import { GatewayError } from "../errors.ts";
import type { Handler } from "../pipeline/compose.ts";
import { explainError } from "./explain-error.ts";
import { explainFacts, explainRequest } from "./explain-target.ts";
import type { ExplainedTarget } from "./explanation.ts";
import type { Trail } from "./watch-stage.ts";

/** Lets retry go on to the next target, but not repeat this one. */
const notAsked = new GatewayError("upstream_unreachable", "A dry run asks no provider.", { retries: 0 });

/** Stands where the provider call is: writes the request, and says that it failed. */
export const standIn =
  (trail: Trail): Handler =>
  async (context) => {
    trail.context = context;
    const { target } = context;
    if (target === undefined) {
      throw new TypeError("No target was chosen: the stages must hold route() and, inside it, retry().");
    }
    // A stage of the host's own may ask one target several times.
    const note = (explained: ExplainedTarget): void => {
      if (!trail.targets.has(target.id)) trail.targets.set(target.id, explained);
    };
    const facts = explainFacts(context, target);
    try {
      note({ ...facts, reason: trail.asked ? "fallback" : "first", ...explainRequest(context, target) });
    } catch (error) {
      note({ ...facts, reason: "refused", error: explainError(error, context) });
      throw error;
    }
    trail.asked = true;
    throw notAsked;
  };
