import { sourceOf, type ChatRequest, type ReasoningPreferences } from "../../chat/request.ts";
import { withAnswerTool } from "../answer-tool.ts";
import type { BackTarget, EncodedRequest, Json } from "../dialect.ts";
import { effortFor } from "../effort.ts";
import { isObject, present } from "../fields.ts";
import { nameCachedContent } from "../foreign-fields.ts";
import { createLosses, type Losses } from "../losses.ts";
import { cacheFields, retentionFor } from "../openai-cache.ts";
import type { Quirks } from "../quirks.ts";
import { refusesReasoning, wantsReasoning } from "../reasoning.ts";
import { encodeMessages } from "./encode-messages.ts";
import type { EncodeScope } from "./encode-parts.ts";
import { encodeOutputFormat, encodeTools } from "./encode-tools.ts";
import { withLegalNames } from "../tool-names.ts";
import { effortPrefix } from "./extras.ts";
import { createFieldWriter, type FieldWriter } from "./field-writer.ts";
import { dialectId, hasOwnWords, searchOptions } from "./identity.ts";
import { dialectId as responsesId } from "../openai-responses/identity.ts";
import { originalBody } from "./original-body.ts";
import { encodeRouting, extensionFields } from "./routing.ts";

const path = "/chat/completions";

/** Writes a request: the client's own body where nobody changed it and the server understands it, else a new one. */
export const encodeRequest = (request: ChatRequest, target: BackTarget): EncodedRequest => {
  const source = sourceOf(request);
  const original = source?.dialect === dialectId ? originalBody(source, request, target) : undefined;
  if (original !== undefined) return { path, body: original, dropped: [] };

  const losses = createLosses(target);
  const { stream, request: formed } = withFormat(request, target.quirks);
  // Servers of this dialect differ in the names they take, which its own clients know.
  const asked = hasOwnWords(request) ? formed : withLegalNames(formed);
  const body = encodeBody(asked, stream, target, losses);
  return {
    path,
    body: JSON.stringify(body),
    ...(stream === request.stream ? {} : { headers: { accept: "application/json" } }),
    dropped: losses.dropped,
  };
};

/** Where an output format goes neither with tools nor with a stream: a tool takes its place, or the answer comes whole. */
const withFormat = (
  request: ChatRequest,
  { wholeFormats }: Quirks,
): { readonly request: ChatRequest; readonly stream: boolean } => {
  const { outputFormat, tools = [], stream } = request;
  if (wholeFormats !== true || outputFormat === undefined || outputFormat.type === "text") return { request, stream };
  const asked = tools.length === 0 ? undefined : withAnswerTool(request);
  return asked === undefined ? { request, stream: false } : { request: asked, stream };
};

const encodeBody = (request: ChatRequest, stream: boolean, target: BackTarget, losses: Losses): Json => {
  const { quirks } = target;
  const scope: EncodeScope = { target, losses, isOwn: hasOwnWords(request) };
  const writer = createFieldWriter(quirks, losses);
  const { put } = writer;
  const { format, instruction } = encodeOutputFormat(request, scope);
  const { tools, choice, search } = encodeTools(request, scope);
  const extras = request.extras ?? {};

  put("model", target.model);
  put("messages", instruct(encodeMessages(request, scope), instruction));
  if (stream) putStream(request, target, put);
  put("tools", tools);
  put("tool_choice", choice);
  put(searchOptions, search);
  if (tools !== undefined) put("parallel_tool_calls", request.parallelToolCalls);
  const { maxTokensField: limit = "max_tokens" } = quirks;
  put(limit === "either" ? "max_completion_tokens" : limit, request.maxOutputTokens, "max_completion_tokens");
  put("temperature", atMost(request.temperature, quirks.maxTemperature, losses));
  put("top_p", request.topP);
  put("top_k", request.topK);
  put("frequency_penalty", request.frequencyPenalty);
  put("presence_penalty", request.presencePenalty);
  put(quirks.seedField ?? "seed", request.seed, "seed");
  put("stop", request.stop);
  put("n", request.choiceCount);
  put("logprobs", request.logprobs);
  put("top_logprobs", request.topLogprobs);
  put("logit_bias", request.logitBias);
  put("response_format", format);
  putReasoning(request.reasoning, target, losses, put);
  put("verbosity", request.verbosity);
  put("modalities", request.modalities);
  put("audio", request.audio);
  put("service_tier", scope.isOwn ? request.serviceTier : foreignTier(request.serviceTier, losses));
  put("prompt_cache_key", request.cacheKey);
  if (scope.isOwn) put("cached_content", request.cachedContent);
  else nameCachedContent(request, losses);
  if (extras["prompt_cache_retention"] === undefined) put("prompt_cache_retention", retentionFor(request, quirks));
  if (extras["safety_identifier"] !== request.user) put("user", request.user);
  put("metadata", request.metadata);
  if (quirks.openrouterExtensions === true) {
    for (const [name, value] of Object.entries(encodeRouting(request.routing ?? {}))) put(name, value);
    put("session_id", request.sessionId);
    if (request.includeCost === true) put("usage", { include: true });
  }
  putExtras(extras, request, scope, writer);
  return writer.body;
};

type Put = FieldWriter["put"];

/** The system messages that open a conversation stay where they are, so that their prefix stays cached. */
const instruct = (messages: readonly Json[], instruction: string | undefined): readonly Json[] => {
  if (instruction === undefined) return messages;
  const begin = messages.findIndex(({ role }) => role !== "system" && role !== "developer");
  return messages.toSpliced(begin === -1 ? messages.length : begin, 0, { role: "system", content: instruction });
};

const atMost = (temperature: number | undefined, limit: number | undefined, losses: Losses): number | undefined => {
  if (temperature === undefined || limit === undefined || temperature <= limit) return temperature;
  losses.tuning("temperature");
  return limit;
};

const putStream = ({ extras }: ChatRequest, { quirks }: BackTarget, put: Put): void => {
  put("stream", true);
  const options = extras?.["stream_options"];
  if (quirks.streamUsage !== "refused")
    put("stream_options", { ...(isObject(options) ? options : {}), include_usage: true });
};

const putExtras = (
  extras: Json,
  { dialect }: ChatRequest,
  { isOwn, losses, target }: EncodeScope,
  { put, body }: FieldWriter,
): void => {
  const { openrouterExtensions, reasoningControl } = target.quirks;
  for (const [name, value] of Object.entries(extras)) {
    if (dialect === responsesId && cacheFields.includes(name)) put(name, value);
    else if (!isOwn || name.startsWith(effortPrefix) || (extensionFields.has(name) && openrouterExtensions !== true))
      losses.tuning(name);
    else if (name === "reasoning") {
      if (reasoningControl === "object" && isObject(value))
        put(name, { ...value, ...(body[name] as Json | undefined) });
    } else if (name !== "stream_options") put(name, value);
  }
};

/** Words for service tiers that other dialects use, by what they mean. */
const foreignTiers: ReadonlyMap<string, string> = new Map([
  ["auto", "auto"],
  ["default", "default"],
  ["standard", "default"],
  ["standard_only", "default"],
  ["flex", "flex"],
  ["priority", "priority"],
]);

const foreignTier = (tier: string | undefined, losses: Losses): string | undefined => {
  if (tier === undefined) return undefined;
  const word = foreignTiers.get(tier);
  if (word === undefined) losses.tuning("service_tier");
  return word;
};

const putReasoning = (
  reasoning: ReasoningPreferences | undefined,
  { quirks }: BackTarget,
  losses: Losses,
  put: Put,
): void => {
  if (reasoning === undefined) return;
  const { effort, budgetTokens, enabled, exclude } = reasoning;
  const isOff = refusesReasoning(reasoning);
  const isOn = wantsReasoning(reasoning);
  switch (quirks.reasoningControl ?? "effort") {
    case "effort":
      return put("reasoning_effort", effortFor(reasoning, quirks.efforts, losses));
    case "flag":
      if (isOff || isOn) put("enable_thinking", isOn, "reasoning_effort");
      return isOn ? put("thinking_budget", budgetTokens, "reasoning_effort") : undefined;
    case "thinking":
      if (isOff || isOn) put("thinking", { type: isOn ? "enabled" : "disabled" }, "reasoning_effort");
      // Beside the switch some servers take how much.
      return isOn && quirks.efforts !== undefined
        ? put("reasoning_effort", effortFor(reasoning, quirks.efforts, losses))
        : undefined;
    case "object": {
      // A server takes effort or budget, not both.
      const depth = budgetTokens === undefined ? { effort } : { max_tokens: budgetTokens };
      return put("reasoning", present({ ...depth, enabled, exclude }), "reasoning_effort");
    }
    case "none":
      if (isOn) losses.tuning("reasoning_effort");
  }
};
