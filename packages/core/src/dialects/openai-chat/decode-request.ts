import type { ChatRequest, ReasoningPreferences } from "../../chat/request.ts";
import type { Extras } from "../../chat/message.ts";
import { GatewayError } from "../../errors.ts";
import type { Json } from "../dialect.ts";
import {
  invalidValue,
  isObject,
  present,
  readArray,
  readBoolean,
  readCount,
  readInteger,
  readNumberIn,
  readObject,
  readString,
  readStrings,
  required,
  restOf,
} from "../fields.ts";
import { decodeMessages } from "./decode-messages.ts";
import { decodeCacheHint } from "./decode-parts.ts";
import { decodeOutputFormat, decodeToolChoice, decodeTools } from "./decode-tools.ts";
import { dialectId } from "./identity.ts";
import { decodeRouting, modelOf, wantsCost } from "./routing.ts";

const known: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "stream",
  "stream_options",
  "tools",
  "functions",
  "tool_choice",
  "function_call",
  "parallel_tool_calls",
  "max_tokens",
  "max_completion_tokens",
  "temperature",
  "top_p",
  "top_k",
  "frequency_penalty",
  "presence_penalty",
  "seed",
  "stop",
  "n",
  "logprobs",
  "top_logprobs",
  "logit_bias",
  "response_format",
  "reasoning_effort",
  "reasoning",
  "verbosity",
  "modalities",
  "audio",
  "service_tier",
  "prompt_cache_key",
  "cache_control",
  "user",
  "metadata",
  "usage",
  "models",
  "provider",
  "route",
]);

/** What some libraries let a caller choose: where the request goes, and with whose key. */
const forbidden: readonly string[] = [
  "api_base",
  "api_key",
  "api_type",
  "api_version",
  "base_url",
  "custom_llm_provider",
  "default_headers",
  "extra_body",
  "extra_headers",
  "extra_query",
  "headers",
  "organization",
];

const streamFields: ReadonlySet<string> = new Set(["include_usage"]);

/**
 * Reads a request body into the vocabulary.
 *
 * @throws GatewayError `invalid_value` with `param`, saying what was expected.
 */
export const decodeRequest = (body: Json): ChatRequest => {
  refuseForbidden(body);
  const model = required(readString(modelOf(body), "model") || undefined, "model", "the name of a model");
  const stream = readBoolean(body["stream"], "stream") ?? false;
  const streamOptions = readObject(body["stream_options"], "stream_options") ?? {};
  const includeCost = wantsCost(body) || undefined;
  const includeUsage = readBoolean(streamOptions["include_usage"], "stream_options.include_usage") ?? includeCost;
  const toolChoice = decodeToolChoice(body);
  const outputFormat = decodeOutputFormat(body);
  const reasoning = decodeReasoning(body);

  return present({
    dialect: dialectId,
    model,
    stream,
    messages: decodeMessages(body["messages"]),
    tools: decodeTools(body),
    toolChoice: toolChoice.value,
    parallelToolCalls: readBoolean(body["parallel_tool_calls"], "parallel_tool_calls"),
    maxOutputTokens:
      readCount(body["max_completion_tokens"], "max_completion_tokens") ?? readCount(body["max_tokens"], "max_tokens"),
    temperature: readNumberIn(body["temperature"], "temperature", 0, 2),
    topP: readNumberIn(body["top_p"], "top_p", 0, 1),
    topK: readInteger(body["top_k"], "top_k"),
    frequencyPenalty: readNumberIn(body["frequency_penalty"], "frequency_penalty", -2, 2),
    presencePenalty: readNumberIn(body["presence_penalty"], "presence_penalty", -2, 2),
    seed: readInteger(body["seed"], "seed"),
    stop: decodeStop(body["stop"]),
    choiceCount: readCount(body["n"], "n"),
    ...decodeLogprobs(body),
    logitBias: decodeLogitBias(body["logit_bias"]),
    outputFormat: outputFormat.value,
    reasoning: reasoning.preferences,
    verbosity: readString(body["verbosity"], "verbosity"),
    modalities: readStrings(body["modalities"], "modalities"),
    audio: readObject(body["audio"], "audio"),
    serviceTier: readString(body["service_tier"], "service_tier"),
    cacheKey: readString(body["prompt_cache_key"], "prompt_cache_key"),
    cacheHint: body["cache_control"] === undefined ? undefined : decodeCacheHint(body, "cache_control"),
    // `safety_identifier` takes the place of `user`, and stays among the extras under its own name.
    user: readString(body["user"], "user") ?? readString(body["safety_identifier"], "safety_identifier"),
    metadata: decodeMetadata(body["metadata"]),
    includeUsage,
    includeCost,
    routing: decodeRouting(body),
    extras: joinExtras(restOf(body, known), {
      tool_choice: toolChoice.extra,
      response_format: outputFormat.extra,
      reasoning: reasoning.rest,
      stream_options: restOf(streamOptions, streamFields),
    }),
  });
};

const refuseForbidden = (body: Json): void => {
  const param = forbidden.find((name) => Object.hasOwn(body, name));
  if (param === undefined) return;
  const message = `\`${param}\` can not be chosen by clients: where requests go and with which key is configured on the server. Remove it.`;
  throw new GatewayError("invalid_value", message, { param });
};

const joinExtras = (rest: Extras | undefined, named: Extras): Extras | undefined => {
  const kept = present(named);
  return Object.keys(kept).length === 0 ? rest : { ...rest, ...kept };
};

const decodeStop = (value: unknown): readonly string[] | undefined => {
  if (typeof value === "string") return [value];
  const stop = readArray(value, "stop");
  if (stop === undefined || stop.length === 0) return undefined;
  return readStrings(stop, "stop");
};

/** `logprobs` is a number where a server took it over from the older completions API. */
const decodeLogprobs = (body: Json): { logprobs?: boolean | undefined; topLogprobs?: number | undefined } => {
  const topLogprobs = readCount(body["top_logprobs"], "top_logprobs", 0);
  if (typeof body["logprobs"] !== "number") return { logprobs: readBoolean(body["logprobs"], "logprobs"), topLogprobs };
  return { logprobs: true, topLogprobs: topLogprobs ?? readCount(body["logprobs"], "logprobs", 0) };
};

const decodeLogitBias = (value: unknown): Readonly<Record<string, number>> | undefined => {
  const bias = readObject(value, "logit_bias");
  if (bias === undefined) return undefined;
  for (const [token, weight] of Object.entries(bias))
    readNumberIn(weight ?? Number.NaN, `logit_bias.${token}`, -100, 100);
  // Each value was just seen to be a number.
  return bias as Readonly<Record<string, number>>;
};

const decodeMetadata = (value: unknown): Readonly<Record<string, string>> | undefined => {
  const metadata = readObject(value, "metadata");
  if (metadata === undefined) return undefined;
  for (const [name, text] of Object.entries(metadata)) {
    if (typeof text !== "string") throw invalidValue(`metadata.${name}`, "a string", text);
  }
  // Each value was just seen to be a string.
  return metadata as Readonly<Record<string, string>>;
};

const reasoningFields: ReadonlySet<string> = new Set(["effort", "max_tokens", "exclude", "enabled"]);

/** `reasoning_effort`, and OpenRouter's `reasoning`, which wins where both speak. */
const decodeReasoning = (body: Json): { preferences?: ReasoningPreferences; rest?: Json | undefined } => {
  const plain = body["reasoning_effort"];
  const [holder, param] = isObject(plain) ? [plain["effort"], "reasoning_effort.effort"] : [plain, "reasoning_effort"];
  const effort = readString(holder, param);
  const reasoning = readObject(body["reasoning"], "reasoning") ?? {};
  const preferences = present({
    effort: readString(reasoning["effort"], "reasoning.effort") ?? effort,
    budgetTokens: readCount(reasoning["max_tokens"], "reasoning.max_tokens", 0),
    enabled: readBoolean(reasoning["enabled"], "reasoning.enabled"),
    exclude: readBoolean(reasoning["exclude"], "reasoning.exclude"),
  });
  const rest = restOf(reasoning, reasoningFields);
  return Object.keys(preferences).length === 0 ? { rest } : { preferences, rest };
};
