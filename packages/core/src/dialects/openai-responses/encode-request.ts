import type { ChatRequest } from "../../chat/request.ts";
import type { BackTarget, EncodedRequest, Json } from "../dialect.ts";
import { arrayIn, isObject, present } from "../fields.ts";
import { nameCachedContent } from "../foreign-fields.ts";
import { createLosses, type Losses } from "../losses.ts";
import { cacheFields, retentionFor } from "../openai-cache.ts";
import { effortPrefix } from "../openai-chat/extras.ts";
import { hasOwnWords as hasChatWords } from "../openai-chat/identity.ts";
import { withLegalNames } from "../tool-names.ts";
import { encodeInput } from "./encode-input.ts";
import { encodeFormat, encodeToolChoice, encodeTools } from "./encode-tools.ts";
import type { EncodeScope } from "./encode-scope.ts";
import { dialectId } from "./identity.ts";
import { originalBody } from "./original-body.ts";
import { encodeThinking, reasons } from "./thinking.ts";

const path = "/responses";

/** Writes a request: the client's own body where nobody changed it, else a new one. */
export const encodeRequest = (request: ChatRequest, target: BackTarget): EncodedRequest => {
  const original = originalBody(request, target);
  if (original !== undefined) return { path, body: original, dropped: [] };

  const losses = createLosses(target);
  const body = present(encodeBody(request, target, losses));
  return { path, body: JSON.stringify(withoutUnsupported(body, target, losses)), dropped: losses.dropped };
};

/** What may be asked to be counted; all else of a request is refused there. */
const counted: ReadonlySet<string> = new Set([
  "model",
  "instructions",
  "input",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "text",
  "reasoning",
  "truncation",
]);

/** Writes a request that only asks how many tokens it is. */
export const encodeCountRequest = (request: ChatRequest, target: BackTarget): EncodedRequest => {
  const call = { path: `${path}/input_tokens` };
  const original = originalBody(request, target);
  if (original !== undefined) return { ...call, body: original, dropped: [] };

  const losses = createLosses(target);
  const body = withoutUnsupported(present(encodeBody(request, target, losses)), target, losses);
  const prompt = Object.fromEntries(Object.entries(body).filter(([name]) => counted.has(name)));
  return { ...call, body: JSON.stringify(prompt), dropped: losses.dropped };
};

/** The least the dialect's servers take. */
const minOutputTokens = 16;

const encodeBody = (given: ChatRequest, target: BackTarget, losses: Losses): Json => {
  const isOwn = given.dialect === dialectId;
  const scope: EncodeScope = { losses, isOwn, quirks: target.quirks };
  const request = isOwn ? given : withLegalNames(given);
  const { maxOutputTokens: limit, user } = request;
  const extras = encodeExtras(request, scope);
  const { reasoning, text, include, ...others } = extras;
  const tools = encodeTools(request.tools, scope);
  nameLosses(request, losses);
  nameCachedContent(request, losses);
  return {
    ...others,
    ...(isOwn ? {} : { store: others["store"] ?? false }),
    model: target.model,
    ...encodeInput(request, scope),
    stream: request.stream ? true : undefined,
    tools,
    tool_choice: tools === undefined ? undefined : (encodeToolChoice(request) ?? others["tool_choice"]),
    parallel_tool_calls: tools === undefined ? undefined : request.parallelToolCalls,
    max_output_tokens: limit === undefined || isOwn ? limit : Math.max(limit, minOutputTokens),
    temperature: request.temperature,
    top_p: request.topP,
    top_logprobs: request.topLogprobs,
    text: unlessEmpty({
      ...(isObject(text) ? text : {}),
      ...present({ format: encodeFormat(request), verbosity: request.verbosity }),
    }),
    reasoning: unlessEmpty({
      ...(isObject(reasoning) ? reasoning : {}),
      ...encodeThinking(request, target, scope),
    }),
    include: includeOf(request, target, arrayIn({ include }, "include")),
    service_tier: isOwn ? request.serviceTier : foreignTier(request.serviceTier, losses),
    prompt_cache_key: request.cacheKey,
    prompt_cache_retention: others["prompt_cache_retention"] ?? retentionFor(request, target.quirks),
    user: others["safety_identifier"] === user ? undefined : user,
    metadata: request.metadata,
  };
};

const unlessEmpty = (fields: Json): Json | undefined => (Object.keys(fields).length === 0 ? undefined : fields);

/** How Chat Completions is asked for it by clients of both. */
const reasoningSummary = `${effortPrefix}summary`;

/** What Chat Completions calls the same. */
const sharedWithChat: ReadonlySet<string> = new Set(["store", "safety_identifier", ...cacheFields, "moderation"]);

/** The extras that may be sent; those of another dialect are named as lost unless this one has the same. */
const encodeExtras = (request: ChatRequest, { isOwn, losses }: EncodeScope): Readonly<Record<string, unknown>> => {
  const { extras = {} } = request;
  if (isOwn) return extras;
  const fromChat = hasChatWords(request);
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(extras)) {
    if (!fromChat) losses.tuning(name);
    else if (sharedWithChat.has(name)) kept[name] = value;
    else if (name === reasoningSummary) kept["reasoning"] = { summary: value };
    // Usage is told in any case.
    else if (name !== "stream_options") losses.tuning(name);
  }
  return kept;
};

const nameLosses = (request: ChatRequest, losses: Losses): void => {
  if ((request.choiceCount ?? 1) > 1) losses.meaning("n", "it gives one answer at a time");
  if (request.stop !== undefined && request.stop.length > 0) losses.meaning("stop", "it has no stop sequences");
  if (Object.keys(request.logitBias ?? {}).length > 0) losses.meaning("logit_bias", "it takes no bias");
  if (request.audio !== undefined || request.modalities?.some((modality) => modality !== "text") === true) {
    losses.meaning("modalities", "it answers in text only");
  }
  if (request.seed !== undefined) losses.tuning("seed");
  if (request.topK !== undefined) losses.tuning("top_k");
  if ((request.frequencyPenalty ?? 0) !== 0) losses.tuning("frequency_penalty");
  if ((request.presencePenalty ?? 0) !== 0) losses.tuning("presence_penalty");
};

const encryptedContent = "reasoning.encrypted_content";

/** What is to be told beside the answer. A model that does not reason refuses to be asked for its reasoning. */
const includeOf = (
  request: ChatRequest,
  target: BackTarget,
  asked: readonly unknown[],
): readonly unknown[] | undefined => {
  const wanted = new Set(asked);
  if (request.logprobs === true) wanted.add("message.output_text.logprobs");
  if (reasons(request, target)) wanted.add(encryptedContent);
  return wanted.size === 0 ? undefined : [...wanted];
};

/** Words for service tiers that other dialects use, by what they mean. */
const tiers: ReadonlyMap<string, string> = new Map([
  ["auto", "auto"],
  ["default", "default"],
  ["standard", "default"],
  ["flex", "flex"],
  ["priority", "priority"],
  ["scale", "scale"],
]);

const foreignTier = (tier: string | undefined, losses: Losses): string | undefined => {
  const word = tier === undefined ? undefined : tiers.get(tier);
  if (tier !== undefined && word === undefined) losses.tuning("service_tier");
  return word;
};

/** Parameters without which the answer would mean something else. */
const meanings: ReadonlyMap<string, string> = new Map([
  ["tools", "it calls no tools"],
  ["tool_choice", "it can not be made to call a tool"],
  ["text", "it has no structured output"],
]);

const withoutUnsupported = (body: Json, { quirks: { unsupported = [] } }: BackTarget, losses: Losses): Json => {
  const lost = unsupported.filter((name) => body[name] !== undefined);
  for (const name of lost) {
    const why = meanings.get(name);
    if (why === undefined) losses.tuning(name);
    else losses.meaning(name, why);
  }
  return lost.length === 0 ? body : Object.fromEntries(Object.entries(body).filter(([name]) => !lost.includes(name)));
};
