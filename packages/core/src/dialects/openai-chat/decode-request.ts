import type { ChatRequest, ReasoningPreferences } from "../../chat/request.ts";
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
import { effortPrefix } from "./extras.ts";
import { dialectId } from "./identity.ts";
import { decodeRouting, modelOf, readSession, wantsCost } from "./routing.ts";

/** A request that is being read. */
type Draft = { -readonly [Name in keyof ChatRequest]: ChatRequest[Name] };

/** Reads one field of the body into the draft. */
type ReadField = (draft: Draft, body: Json, field: string) => void;

/** A field that stands for one setting of the vocabulary. */
const setting =
  <Name extends keyof ChatRequest>(
    name: Name,
    read: (value: unknown, field: string) => ChatRequest[Name] | undefined,
  ): ReadField =>
  (draft, body, field) => {
    const value = read(body[field], field);
    // Its type leaves `undefined` out only where the setting is optional, and then the field was not there.
    if (value !== undefined) draft[name] = value;
  };

/** Keeps what nobody here understands of a field under the field's name. */
const keep = (draft: Draft, field: string, extra: unknown): void => {
  if (extra !== undefined) draft.extras = { ...draft.extras, [field]: extra };
};

const ranged =
  (low: number, high: number) =>
  (value: unknown, field: string): number | undefined =>
    readNumberIn(value, field, low, high);

const readTools: ReadField = (draft, body) => {
  const tools = decodeTools(body);
  if (tools !== undefined) draft.tools = tools;
};

const readToolChoice: ReadField = (draft, body) => {
  const { value, extra } = decodeToolChoice(body);
  if (value !== undefined) draft.toolChoice = value;
  keep(draft, "tool_choice", extra);
};

const readLimit: ReadField = (draft, body) => {
  const limit =
    readCount(body["max_completion_tokens"], "max_completion_tokens") ?? readCount(body["max_tokens"], "max_tokens");
  if (limit !== undefined) draft.maxOutputTokens = limit;
};

const readLogprobs: ReadField = (draft, body) => {
  const { logprobs, topLogprobs } = decodeLogprobs(body);
  if (logprobs !== undefined) draft.logprobs = logprobs;
  if (topLogprobs !== undefined) draft.topLogprobs = topLogprobs;
};

const readOutputFormat: ReadField = (draft, body) => {
  const { value, extra } = decodeOutputFormat(body);
  if (value !== undefined) draft.outputFormat = value;
  keep(draft, "response_format", extra);
};

const readReasoning: ReadField = (draft, body) => {
  const { preferences, rest } = decodeReasoning(body);
  if (preferences !== undefined) draft.reasoning = preferences;
  keep(draft, "reasoning", rest);
  // Some clients write the effort as the object that another API has for it.
  const effort = body["reasoning_effort"];
  const others = isObject(effort) ? restOf(effort, effortFields) : undefined;
  for (const [name, value] of Object.entries(others ?? {})) keep(draft, `${effortPrefix}${name}`, value);
};

const effortFields: ReadonlySet<string> = new Set(["effort"]);

const streamFields: ReadonlySet<string> = new Set(["include_usage"]);

const readUsage: ReadField = (draft, body) => {
  const options = readObject(body["stream_options"], "stream_options") ?? {};
  const wanted = wantsCost(body);
  const usage = readBoolean(options["include_usage"], "stream_options.include_usage") ?? (wanted || undefined);
  if (wanted) draft.includeCost = true;
  if (usage !== undefined) draft.includeUsage = usage;
  keep(draft, "stream_options", restOf(options, streamFields));
};

const readRouting: ReadField = (draft, body) => {
  const routing = decodeRouting(body);
  if (routing !== undefined) draft.routing = routing;
};

const readUser: ReadField = (draft, body) => {
  const user = readString(body["user"], "user") ?? readString(body["safety_identifier"], "safety_identifier");
  if (user !== undefined) draft.user = user;
};

const readCacheHint: ReadField = (draft, body) => {
  const hint = decodeCacheHint(body, "cache_control");
  if (hint !== undefined) draft.cacheHint = hint;
};

/** Takes the place of `user`, and stays among the extras under its own name. */
const readSafetyIdentifier: ReadField = (draft, body, field) => {
  readUser(draft, body, field);
  keep(draft, field, body[field]);
};

const refuse: ReadField = (_draft, _body, param) => {
  const message = `\`${param}\` can not be chosen by clients: where requests go and with which key is configured on the server. Remove it.`;
  throw new GatewayError("invalid_value", message, { param });
};

const nothing: ReadField = () => undefined;

const fields: ReadonlyMap<string, ReadField> = new Map<string, ReadField>([
  // Read before all others.
  ["model", nothing],
  ["messages", nothing],
  ["stream", nothing],

  ["stream_options", readUsage],
  ["usage", readUsage],
  ["tools", readTools],
  ["functions", readTools],
  ["web_search_options", readTools],
  ["tool_choice", readToolChoice],
  ["function_call", readToolChoice],
  ["parallel_tool_calls", setting("parallelToolCalls", readBoolean)],
  ["max_tokens", readLimit],
  ["max_completion_tokens", readLimit],
  ["temperature", setting("temperature", ranged(0, 2))],
  ["top_p", setting("topP", ranged(0, 1))],
  ["top_k", setting("topK", readInteger)],
  ["frequency_penalty", setting("frequencyPenalty", ranged(-2, 2))],
  ["presence_penalty", setting("presencePenalty", ranged(-2, 2))],
  ["seed", setting("seed", readInteger)],
  ["stop", setting("stop", (value) => decodeStop(value))],
  ["n", setting("choiceCount", (value) => readCount(value, "n"))],
  ["logprobs", readLogprobs],
  ["top_logprobs", readLogprobs],
  ["logit_bias", setting("logitBias", (value) => decodeLogitBias(value))],
  ["response_format", readOutputFormat],
  ["reasoning_effort", readReasoning],
  ["reasoning", readReasoning],
  ["verbosity", setting("verbosity", readString)],
  ["modalities", setting("modalities", readStrings)],
  ["audio", setting("audio", readObject)],
  ["service_tier", setting("serviceTier", readString)],
  ["prompt_cache_key", setting("cacheKey", readString)],
  ["cache_control", readCacheHint],
  ["cached_content", setting("cachedContent", readString)],
  ["user", readUser],
  ["safety_identifier", readSafetyIdentifier],
  ["metadata", setting("metadata", (value) => decodeMetadata(value))],
  ["session_id", setting("sessionId", readSession)],
  ["models", readRouting],
  ["provider", readRouting],
  ["route", nothing],

  // What some libraries let a caller choose: where the request goes, and with whose key.
  ["api_base", refuse],
  ["api_key", refuse],
  ["api_type", refuse],
  ["api_version", refuse],
  ["base_url", refuse],
  ["custom_llm_provider", refuse],
  ["default_headers", refuse],
  ["extra_body", refuse],
  ["extra_headers", refuse],
  ["extra_query", refuse],
  ["headers", refuse],
  ["organization", refuse],
]);

const known: ReadonlySet<string> = new Set(fields.keys());

/**
 * Reads a request body into the vocabulary: field by field as they are there, for most of them hardly ever are.
 *
 * @throws GatewayError `invalid_value` with `param`, saying what was expected.
 */
export const decodeRequest = (body: Json): ChatRequest => {
  const draft: Draft = {
    dialect: dialectId,
    model: required(readString(modelOf(body), "model") || undefined, "model", "the name of a model"),
    stream: readBoolean(body["stream"], "stream") ?? false,
    messages: decodeMessages(body["messages"]),
  };
  let hasOthers = false;
  for (const field in body) {
    const read = fields.get(field);
    if (read === undefined) hasOthers = true;
    else read(draft, body, field);
  }
  if (hasOthers) draft.extras = { ...restOf(body, known), ...draft.extras };
  return draft;
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
