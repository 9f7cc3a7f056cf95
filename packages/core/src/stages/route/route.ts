import type { Target } from "../../chat/target.ts";
import type { ChatRequest, RoutingPreferences } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import { requireValue, type Context } from "../../pipeline/context.ts";
import { defineStage, type Stage } from "../../pipeline/stage.ts";
import { healthKey } from "../../providers/health.ts";
import { strategyNames, type Strategy } from "../../providers/models-option.ts";
import { registryKey, type Registry, type Resolution } from "../../providers/registry.ts";
import { attribute } from "../../telemetry/semconv.ts";
import { checkKnown, checkOneOf } from "../../check-options.ts";
import { neededCapabilities, unfitness } from "./needs.ts";
import { byPrice, byWeight } from "./strategy.ts";

export interface RouteOptions {
  /**
   * How the targets of a model are ordered where the model's own configuration does not say.
   *
   * @default "ordered"
   */
  readonly strategy?: Strategy;
}

/** What `route` decided, for explanations and traces. */
interface Route {
  /** Name the model was found under. */
  readonly name: string;
  readonly strategy: string;
  readonly targets: readonly Target[];
  /** Targets left out, each with its reason. */
  readonly skipped: readonly { readonly target: Target; readonly reason: string }[];
}

/**
 * Turns the model name into an ordered list of targets: strategy, the client's routing preferences, what the models
 * can do, and who is healthy.
 *
 * @throws GatewayError `model_not_found`, `no_healthy_target`, or `upstream_rate_limited` where all of them cool down.
 */
export const route = (options: RouteOptions = {}): Stage => {
  checkKnown(options, "route", ["strategy"]);
  const { strategy = "ordered" } = options;
  if (typeof strategy !== "function") checkOneOf(strategy, "route.strategy", strategyNames);

  return defineStage("route", (context, next) => {
    const { name, strategy: used, targets, skipped } = findRoute(context, strategy);
    if (context.span.isRecording()) {
      context.span.setAttributes({
        [attribute.routeName]: name,
        [attribute.routeStrategy]: used,
        [attribute.routeTargets]: targets.map(({ id }) => id),
        [attribute.routeSkipped]: skipped.map(({ target, reason }) => `${target.id}:${reason}`),
      });
    }
    return next({ targets });
  });
};

/** The route of a request, without going it. */
const findRoute = (context: Context, defaultStrategy: Strategy = "ordered"): Route => {
  const { request } = context;
  const registry = requireValue(context, registryKey);
  const found = resolveAll(request, registry);
  const skipped: { target: Target; reason: string }[] = [];

  const order = found.strategy ?? defaultStrategy;
  let targets = arrange(found.targets, order, context, registry);
  if (request.routing !== undefined) targets = applyPreferences(targets, request.routing, registry, skipped);
  if (targets.length > 1) targets = preferFitting(targets, request, registry, skipped);
  targets = onlyHealthy(targets, context, skipped);

  const strategy = typeof order === "string" ? order : order.name || "function";
  return { name: found.name, strategy, targets, skipped };
};

/** The targets of the model asked for, then those of its `models` fallbacks. */
const resolveAll = (request: ChatRequest, registry: Registry): Resolution => {
  const first = registry.resolve(request.model);
  if (first === undefined) throw modelNotFound(request.model, registry);
  const fallbacks = request.routing?.fallbackModels ?? [];
  if (fallbacks.length === 0) return first;
  const targets = new Map(first.targets.map((target) => [target.id, target]));
  for (const name of fallbacks) {
    const found = registry.resolve(name);
    if (found === undefined) throw modelNotFound(name, registry);
    for (const target of found.targets) if (!targets.has(target.id)) targets.set(target.id, target);
  }
  return { ...first, targets: [...targets.values()] };
};

const modelNotFound = (model: string, registry: Registry): GatewayError => {
  const shown = JSON.stringify(model.length > 100 ? `${model.slice(0, 100)}…` : model);
  const providers = registry.providers().map(({ id }) => id);
  const mend =
    providers.length === 0
      ? "No provider is configured: set a key such as OPENAI_API_KEY in the server's environment, or pass `providers`."
      : `Ask for "provider/model" with one of the providers ${providers.slice(0, 10).join(", ")}, or see GET /v1/models.`;
  return new GatewayError("model_not_found", `The model ${shown} is not known here. ${mend}`, { param: "model" });
};

const arrange = (
  targets: readonly Target[],
  strategy: Strategy,
  context: Context,
  registry: Registry,
): readonly Target[] => {
  if (typeof strategy === "function") return strategy(targets, context);
  if (targets.length < 2 || strategy === "ordered") return targets;
  if (strategy === "weighted") return byWeight(targets, context.random);
  return byPrice(targets, (target) => registry.model(target)?.price);
};

const applyPreferences = (
  targets: readonly Target[],
  preferences: RoutingPreferences,
  registry: Registry,
  skipped: { target: Target; reason: string }[],
): readonly Target[] => {
  const { only, ignore, order, sort, maxPrice, allowFallbacks } = preferences;
  const priceOf = (target: Target) => registry.model(target)?.price;
  const objection = (target: Target): string | undefined => {
    if (only !== undefined && !only.includes(target.provider)) return "not in provider.only";
    if (ignore?.includes(target.provider)) return "in provider.ignore";
    if (maxPrice === undefined) return undefined;
    const price = priceOf(target);
    const tooDear =
      price === undefined ||
      (maxPrice.input !== undefined && price.input > maxPrice.input) ||
      (maxPrice.output !== undefined && price.output > maxPrice.output);
    return tooDear ? "above provider.max_price" : undefined;
  };
  let kept = targets.filter((target) => {
    const reason = objection(target);
    if (reason !== undefined) skipped.push({ target, reason });
    return reason === undefined;
  });
  if (kept.length === 0) {
    const reasons = skipped.map(({ target, reason }) => `${target.id} (${reason})`).join(", ");
    throw new GatewayError(
      "model_not_found",
      `No target is left under the request's provider preferences: ${reasons}.`,
      {
        param: "provider",
      },
    );
  }
  if (sort === "price") kept = [...byPrice(kept, priceOf)];
  if (order !== undefined) {
    const rank = ({ provider }: Target): number => (order.includes(provider) ? order.indexOf(provider) : order.length);
    kept = kept.toSorted((a, b) => rank(a) - rank(b));
  }
  return allowFallbacks === false ? kept.slice(0, 1) : kept;
};

/**
 * Leaves out targets that can not answer the request. A filter that would leave nobody is not applied: the catalog may
 * be behind the provider, and the provider has the last word.
 */
const preferFitting = (
  targets: readonly Target[],
  request: ChatRequest,
  registry: Registry,
  skipped: { target: Target; reason: string }[],
): readonly Target[] => {
  const needed = neededCapabilities(request);
  const unfit = new Map<Target, string>();
  for (const target of targets) {
    const reason = unfitness(request, needed, registry.model(target), registry.get(target.provider));
    if (reason !== undefined) unfit.set(target, reason);
  }
  if (unfit.size === 0 || unfit.size === targets.length) return targets;
  for (const [target, reason] of unfit) skipped.push({ target, reason });
  return targets.filter((target) => !unfit.has(target));
};

const onlyHealthy = (
  targets: readonly Target[],
  context: Context,
  skipped: { target: Target; reason: string }[],
): readonly Target[] => {
  const health = context.get(healthKey);
  if (health === undefined) return targets;
  if (targets.length === 0) {
    throw new GatewayError("no_healthy_target", "No target can be asked: the strategy of this model left none.");
  }
  let soonestMs = Infinity;
  let cooling = 0;
  let open = 0;
  const healthy = targets.filter((target) => {
    const rest = health.check(target);
    if (rest === undefined) return true;
    soonestMs = Math.min(soonestMs, rest.retryAfterMs);
    if (rest.reason === "cooling") cooling++;
    else if (rest.reason === "open") open++;
    skipped.push({ target, reason: rest.reason });
    return false;
  });
  if (healthy.length > 0) return healthy;
  const all = skipped.map(({ target, reason }) => `${target.id} (${reason})`).join(", ");
  throw new GatewayError(
    cooling === targets.length ? "upstream_rate_limited" : "no_healthy_target",
    `No target can be asked now: ${all}.`,
    { retryAfterMs: Math.ceil(soonestMs), ...(open === targets.length ? { reason: "circuit_open" } : {}) },
  );
};
