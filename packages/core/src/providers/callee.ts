import type { Target } from "../chat/target.ts";
import type { BackDialect } from "../dialects/dialect.ts";
import { requireValue, type Context } from "../pipeline/context.ts";
import { dialectOf } from "./dialect-of.ts";
import type { Provider } from "./provider.ts";
import { registryKey } from "./registry.ts";

/** Who is called, and how he is spoken to. */
export interface Callee {
  readonly target: Target;
  readonly provider: Provider;
  readonly dialect: BackDialect;
}

/**
 * The callee of a target; by default the one that the stages have chosen.
 *
 * @throws TypeError where the stages chose none.
 */
export const calleeOf = (context: Context, target: Target | undefined = context.target): Callee => {
  if (target === undefined) {
    throw new TypeError("No target was chosen: the stages must hold route() and, inside it, retry().");
  }
  const provider = requireValue(context, registryKey).get(target.provider);
  if (provider === undefined) throw new TypeError(`There is no provider "${target.provider}".`);
  return { target, provider, dialect: dialectOf(provider, target.model, context.request) };
};
