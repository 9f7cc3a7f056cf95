import type { Target } from "../chat/target.ts";
import type { BackTarget } from "../dialects/dialect.ts";
import { quirksFor } from "../dialects/quirks.ts";
import type { Context } from "../pipeline/context.ts";
import { modelFacts } from "./catalog.ts";
import type { Provider } from "./provider.ts";
import { registryKey } from "./registry.ts";

/** What is known of a target that changes how it is asked for this request, and how its answer is read. */
export const factsOf = (
  context: Context,
  { provider, target }: { readonly provider: Provider; readonly target: Target },
): Pick<BackTarget, "provider" | "model" | "quirks" | "info"> => {
  const model = context.get(registryKey)?.model(target);
  return {
    provider: provider.id,
    model: target.model,
    quirks: quirksFor(provider.quirks, model?.base ?? target.model, context.request.reasoning),
    ...(model === undefined ? {} : { info: modelFacts(model) }),
  };
};
