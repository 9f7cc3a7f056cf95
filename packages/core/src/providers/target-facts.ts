import type { ReasoningPreferences } from "../chat/request.ts";
import type { Target } from "../chat/target.ts";
import type { BackTarget } from "../dialects/dialect.ts";
import { quirksFor } from "../dialects/quirks.ts";
import { createContextKey, type Context, type ContextKey } from "../pipeline/context.ts";
import { modelFacts } from "./catalog.ts";
import type { Provider } from "./provider.ts";
import { registryKey } from "./registry.ts";

type TargetFacts = Pick<BackTarget, "provider" | "model" | "quirks" | "info">;

interface FoundFacts {
  readonly target: Target;
  readonly reasoning: ReasoningPreferences | undefined;
  readonly facts: TargetFacts;
}

/** What was found last: several ask the same of each request. */
const foundKey: ContextKey<FoundFacts> = createContextKey("target facts");

/** What is known of a target that changes how it is asked for this request, and how its answer is read. */
export const factsOf = (
  context: Context,
  { provider, target }: { readonly provider: Provider; readonly target: Target },
): TargetFacts => {
  const { reasoning } = context.request;
  const found = context.get(foundKey);
  if (found?.target === target && found.reasoning === reasoning) return found.facts;
  const model = context.get(registryKey)?.model(target);
  const facts: TargetFacts = {
    provider: provider.id,
    model: target.model,
    quirks: quirksFor(provider.quirks, model?.base ?? target.model, reasoning),
    ...(model === undefined ? {} : { info: modelFacts(model) }),
  };
  context.set(foundKey, { target, reasoning, facts });
  return facts;
};
