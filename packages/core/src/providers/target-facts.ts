import type { Target } from "../chat/target.ts";
import type { BackTarget } from "../dialects/dialect.ts";
import { quirksFor } from "../dialects/quirks.ts";
import { wantsReasoning } from "../dialects/reasoning.ts";
import type { Context } from "../pipeline/context.ts";
import { modelFacts } from "./catalog.ts";
import type { Provider } from "./provider.ts";
import { registryKey } from "./registry.ts";

type TargetFacts = Pick<BackTarget, "provider" | "model" | "quirks" | "info">;

interface FoundFacts {
  readonly provider: Provider;
  readonly facts: TargetFacts;
}

/** What was found of targets that are still asked, for requests that wish for reasoning and for others. */
const found = { reasoning: new WeakMap<Target, FoundFacts>(), plain: new WeakMap<Target, FoundFacts>() };

/** What is known of a target that changes how it is asked for this request, and how its answer is read. */
export const factsOf = (
  context: Context,
  { provider, target }: { readonly provider: Provider; readonly target: Target },
): TargetFacts => {
  const { reasoning } = context.request;
  const known = wantsReasoning(reasoning) ? found.reasoning : found.plain;
  const before = known.get(target);
  if (before?.provider === provider) return before.facts;
  const model = context.get(registryKey)?.model(target);
  const facts: TargetFacts = {
    provider: provider.id,
    model: target.model,
    quirks: quirksFor(provider.quirks, model?.base ?? target.model, reasoning),
    ...(model === undefined ? {} : { info: modelFacts(model) }),
  };
  known.set(target, { provider, facts });
  return facts;
};
