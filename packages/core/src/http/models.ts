import type { Json } from "../dialects/dialect.ts";
import { GatewayError } from "../errors.ts";
import type { Registry } from "../providers/registry.ts";

type Listed = ReturnType<Registry["list"]>[number];

/** Dollars per token as decimal text, without the rounding of a binary fraction. */
const dollars = (nano: number): string => {
  const digits = String(nano).padStart(10, "0");
  const fraction = digits.slice(-9).replace(/0+$/, "");
  const whole = digits.slice(0, -9);
  return fraction === "" ? whole : `${whole}.${fraction}`;
};

const describe = ({ id, targets, model }: Listed, created: number): Json => ({
  id,
  object: "model",
  created,
  owned_by: targets[0]?.provider ?? "llm-gateway",
  ...(model?.contextWindow === undefined ? {} : { context_length: model.contextWindow }),
  ...(model?.maxOutputTokens === undefined ? {} : { top_provider: { max_completion_tokens: model.maxOutputTokens } }),
  ...(model?.price === undefined
    ? {}
    : {
        pricing: {
          prompt: dollars(model.price.input),
          completion: dollars(model.price.output),
          ...(model.price.cacheRead === undefined ? {} : { input_cache_read: dollars(model.price.cacheRead) }),
          ...(model.price.cacheWrite === undefined ? {} : { input_cache_write: dollars(model.price.cacheWrite) }),
        },
      }),
  ...(model === undefined ? {} : { capabilities: model.capabilities }),
  targets: targets.map((target) => target.id),
});

/** Body of `GET /v1/models`: OpenAI's list, with prices and capabilities as OpenRouter gives them. */
export const listModels = (registry: Registry, created: number): Json => ({
  object: "list",
  data: registry.list().map((listed) => describe(listed, created)),
});

/**
 * Body of `GET /v1/models/{id}`.
 *
 * @throws GatewayError `model_not_found`
 */
export const showModel = (registry: Registry, id: string, created: number): Json => {
  const resolved = registry.resolve(id);
  if (resolved === undefined) {
    throw new GatewayError(
      "model_not_found",
      `There is no model ${JSON.stringify(id.slice(0, 100))}; see GET /v1/models.`,
      {
        param: "model",
      },
    );
  }
  const [target] = resolved.targets;
  const model = target === undefined ? undefined : registry.model(target);
  return describe({ id, targets: resolved.targets, ...(model === undefined ? {} : { model }) }, created);
};
