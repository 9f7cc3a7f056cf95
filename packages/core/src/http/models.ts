import { anthropicMessages } from "../dialects/anthropic-messages/anthropic-messages.ts";
import type { Json } from "../dialects/dialect.ts";
import { gemini } from "../dialects/gemini/gemini.ts";
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

/** How a dialect describes models, one and all of them. */
interface ModelShape {
  readonly one: (listed: Listed) => Json;
  readonly all: (models: readonly Json[]) => Json;
}

/** OpenAI's shape, with prices and capabilities as OpenRouter gives them. */
const openaiModels = (created: number): ModelShape => ({
  one: (listed) => describe(listed, created),
  all: (data) => ({ object: "list", data }),
});

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

/** Gemini's shape, all on one page. */
const geminiModels: ModelShape = {
  one: ({ id, model }) => ({
    name: `models/${id}`,
    displayName: id,
    ...(model?.contextWindow === undefined ? {} : { inputTokenLimit: model.contextWindow }),
    ...(model?.maxOutputTokens === undefined ? {} : { outputTokenLimit: model.maxOutputTokens }),
    supportedGenerationMethods: ["generateContent", "streamGenerateContent", "countTokens"],
  }),
  all: (models) => ({ models }),
};

/** Anthropic's shape, all on one page. What nobody knows of a model is null there, not absent. */
const anthropicModels = (created: number): ModelShape => ({
  one: ({ id, model }) => ({
    type: "model",
    id,
    display_name: id,
    created_at: new Date(created * 1_000).toISOString(),
    max_input_tokens: model?.contextWindow ?? null,
    max_tokens: model?.maxOutputTokens ?? null,
    lifecycle: model?.deprecationDate === undefined ? "active" : "deprecated",
    deprecated_at: null,
    retires_at: model?.deprecationDate === undefined ? null : `${model.deprecationDate}T00:00:00Z`,
    line: null,
    capabilities: null,
  }),
  all: (data) => ({ data, has_more: false, first_id: data[0]?.["id"] ?? null, last_id: data.at(-1)?.["id"] ?? null }),
});

/** The shape of models in a dialect; OpenAI's where it has none of its own. `created` is in Unix seconds. */
export const modelShape = (dialect: string, created: number): ModelShape => {
  if (dialect === gemini.id) return geminiModels;
  return dialect === anthropicMessages.id ? anthropicModels(created) : openaiModels(created);
};

/** All models, in a dialect's shape. */
export const listModels = (registry: Registry, { one, all }: ModelShape): Json => all(registry.list().map(one));

/**
 * One model, in a dialect's shape.
 *
 * @throws GatewayError `model_not_found`
 */
export const showModel = (registry: Registry, id: string, { one }: ModelShape): Json => {
  const resolved = registry.resolve(id);
  if (resolved === undefined) {
    throw new GatewayError(
      "model_not_found",
      `There is no model ${JSON.stringify(id.slice(0, 100))}; see GET /v1/models.`,
      { param: "model" },
    );
  }
  const [target] = resolved.targets;
  const model = target === undefined ? undefined : registry.model(target);
  return one({ id, targets: resolved.targets, ...(model === undefined ? {} : { model }) });
};
