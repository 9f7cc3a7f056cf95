import { sourceOf, type ChatRequest } from "../../chat/request.ts";
import type { BackTarget, EncodedRequest, Json } from "../dialect.ts";
import { isObject, present } from "../fields.ts";
import { createLosses, type Losses } from "../losses.ts";
import { replaceModel } from "../replace-model.ts";
import { encodeCacheHint, type Block } from "./encode-content.ts";
import { encodeTools } from "./encode-tools.ts";
import { dialectId } from "./identity.ts";
import { limitCacheMarkers } from "./cache-markers.ts";
import { traitsOf, type ModelTraits } from "./model-traits.ts";
import { adaptSchema } from "./output-schema.ts";
import { encodeSampling } from "./sampling.ts";
import { planThinking } from "./thinking.ts";
import { createToolIds } from "./tool-ids.ts";
import { toConversation } from "./turns.ts";

const call = { path: "/messages", headers: { "anthropic-version": "2023-06-01" } };

/**
 * Writes a request: the client's own bytes where it already speaks this dialect and nobody changed the request, else
 * from the vocabulary.
 *
 * @throws GatewayError for what Anthropic's API cannot express and the operator does not want dropped.
 */
export const encodeRequest = (request: ChatRequest, target: BackTarget): EncodedRequest => {
  const source = sourceOf(request);
  if (source?.dialect === dialectId) {
    const body =
      source.bytes === undefined
        ? JSON.stringify({ ...source.body, model: target.model })
        : replaceModel(source.bytes, source.body, target.model);
    return { ...call, body, dropped: [] };
  }
  const losses = createLosses(target);
  const body = encodeBody(request, target, losses);
  return { ...call, body: JSON.stringify(body), dropped: losses.dropped };
};

const encodeBody = (request: ChatRequest, target: BackTarget, losses: Losses): Json => {
  const isOwn = request.dialect === dialectId;
  const traits = traitsOf(target.model, target.info);
  nameLosses(request, losses);
  const { tools, choice, forcesTool } = encodeTools(request, traits, losses);
  const { system, messages } = toConversation(request.messages, {
    losses,
    ids: createToolIds(),
    isOwn,
    midSystem: target.info?.capabilities?.includes("mid-system") === true,
  });
  const { format, instruction } = encodeFormat(request, traits, losses);
  if (instruction !== undefined) system.push({ type: "text", text: instruction });
  const plan = planThinking({ request, target, traits, messages, forcesTool, losses });
  const isThinking = plan.thinking !== undefined && plan.thinking["type"] !== "disabled";
  const cacheControl = encodeCacheHint(request.cacheHint);
  limitCacheMarkers(
    [tools ?? [], system, ...messages.map(({ content }) => content)],
    cacheControl !== undefined,
    losses,
  );
  const extras = isOwn ? (request.extras ?? {}) : {};
  const body: Record<string, unknown> = present({
    ...extras,
    model: target.model,
    max_tokens: plan.maxTokens,
    system: system.length === 0 ? undefined : system,
    messages,
    tools,
    tool_choice: choice,
    thinking: merge(extras["thinking"], plan.thinking),
    output_config: merge(extras["output_config"], present({ effort: plan.effort, format })),
    stop_sequences: encodeStop(request.stop, losses),
    ...encodeSampling(request, { traits, isThinking, quirks: target.quirks, losses }),
    metadata: merge(extras["metadata"], encodeUser(request.user, isOwn, losses)),
    service_tier: encodeServiceTier(request.serviceTier, losses),
    cache_control: cacheControl,
    stream: request.stream ? true : undefined,
  });
  for (const name of target.quirks.unsupported ?? []) {
    if (!(name in body)) continue;
    losses.tuning(name);
    delete body[name];
  }
  return body;
};

/** A field from what the client wrote in it beyond the vocabulary and what the vocabulary says; absent if empty. */
const merge = (extra: unknown, own: Block | undefined): Block | undefined => {
  const merged = { ...(isObject(extra) ? extra : {}), ...own };
  return Object.keys(merged).length === 0 ? undefined : merged;
};

/** What other dialects can ask for and this one cannot. */
const nameLosses = (request: ChatRequest, losses: Losses): void => {
  if ((request.choiceCount ?? 1) > 1) losses.meaning("n", "it gives one answer at a time");
  if (request.logprobs === true || request.topLogprobs !== undefined) {
    losses.meaning("logprobs", "it tells no probabilities");
  }
  if (Object.keys(request.logitBias ?? {}).length > 0) losses.meaning("logit_bias", "it takes no bias");
  if (request.audio !== undefined || request.modalities?.some((modality) => modality !== "text")) {
    losses.meaning("modalities", "it answers in text only");
  }
  if (request.seed !== undefined) losses.tuning("seed");
  if ((request.frequencyPenalty ?? 0) !== 0) losses.tuning("frequency_penalty");
  if ((request.presencePenalty ?? 0) !== 0) losses.tuning("presence_penalty");
  if (request.verbosity !== undefined) losses.tuning("verbosity");
  if (request.cacheKey !== undefined) losses.tuning("prompt_cache_key");
  if (request.metadata !== undefined) losses.tuning("metadata");
};

interface EncodedFormat {
  readonly format?: Block;
  /** What the system prompt has to say because no field does. */
  readonly instruction?: string;
}

const encodeFormat = (request: ChatRequest, traits: ModelTraits, losses: Losses): EncodedFormat => {
  const wanted = request.outputFormat;
  if (wanted === undefined || wanted.type === "text") return {};
  if (wanted.type === "json") return { instruction: "Answer with one JSON object and nothing else." };
  const { schema, description } = wanted;
  if (request.dialect === dialectId) return { format: { type: "json_schema", schema } };
  if (!traits.structuredOutput) {
    losses.meaning("response_format", "this model cannot be held to a schema");
    const text = JSON.stringify(schema);
    return { instruction: `Answer with one JSON object and nothing else. It must match this JSON Schema: ${text}` };
  }
  const described = description === undefined || "description" in schema ? schema : { description, ...schema };
  return { format: { type: "json_schema", schema: adaptSchema(described, "response_format", losses) } };
};

const encodeStop = (stop: readonly string[] | undefined, losses: Losses): readonly string[] | undefined => {
  const usable = stop?.filter((sequence) => sequence.trim() !== "") ?? [];
  if (usable.length < (stop?.length ?? 0)) losses.tuning("stop");
  return usable.length === 0 ? undefined : usable;
};

/** Anthropic wants an opaque id and refuses what looks like a person's address or number. */
const encodeUser = (user: string | undefined, isOwn: boolean, losses: Losses): Block | undefined => {
  if (user === undefined) return undefined;
  if (isOwn || !/@|^\+?[\d\s()-]{7,}$/.test(user)) return { user_id: user };
  losses.tuning("user");
  return undefined;
};

const serviceTiers: ReadonlyMap<string, string> = new Map([
  ["auto", "auto"],
  ["default", "standard_only"],
  ["standard_only", "standard_only"],
]);

const encodeServiceTier = (tier: string | undefined, losses: Losses): string | undefined => {
  if (tier === undefined) return undefined;
  const known = serviceTiers.get(tier);
  if (known === undefined) losses.tuning("service_tier");
  return known;
};
