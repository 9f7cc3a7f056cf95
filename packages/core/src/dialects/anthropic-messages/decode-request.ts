import type { Message, Part } from "../../chat/message.ts";
import type { ChatRequest, OutputFormat, ReasoningPreferences } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import {
  invalidValue,
  isObject,
  present,
  readArray,
  readBoolean,
  readCount,
  readNumberIn,
  readObject,
  readString,
  readStrings,
  required,
  restOf,
} from "../fields.ts";
import { decodeCacheHint, decodeContent } from "./decode-content.ts";
import { decodeToolChoice, decodeTools } from "./decode-tools.ts";
import { dialectId } from "./identity.ts";
import { refuseThread } from "./threads.ts";

const known: ReadonlySet<string> = new Set([
  "model",
  "max_tokens",
  "messages",
  "system",
  "stream",
  "stop_sequences",
  "temperature",
  "top_p",
  "top_k",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "output_format",
  "metadata",
  "service_tier",
  "cache_control",
]);

/** Reads a Messages request into the vocabulary. Usage is part of every answer in this dialect. */
export const decodeRequest = (body: Json): ChatRequest => ({
  ...decodePrompt(body),
  // Zero is allowed: it only warms the cache.
  maxOutputTokens: required(readCount(body["max_tokens"], "max_tokens", 0), "max_tokens", "an integer"),
});

/** Reads a request that only asks how many tokens it is: it does without a limit. */
export const decodeCountRequest = (body: Json): ChatRequest => decodePrompt(body);

const decodePrompt = (body: Json): ChatRequest => {
  const model = required(readString(body["model"], "model"), "model", "the name of a model");
  if (model === "") throw invalidValue("model", "the name of a model", model);
  const messages = required(readArray(body["messages"], "messages"), "messages", "an array of messages");
  refuseThread(body);
  if (messages.length === 0) throw invalidValue("messages", "an array of at least one message", messages);
  const thinking = readObject(body["thinking"], "thinking");
  const outputConfig = readObject(body["output_config"], "output_config");
  const format = outputConfig?.["format"] ?? body["output_format"];
  const metadata = readObject(body["metadata"], "metadata");
  return present({
    dialect: dialectId,
    model,
    stream: readBoolean(body["stream"], "stream") ?? false,
    messages: [
      ...decodeSystem(body["system"]),
      ...messages.flatMap((message, index) => decodeMessage(message, `messages[${index}]`)),
    ],
    tools: decodeTools(body["tools"]),
    ...decodeToolChoice(body["tool_choice"]),
    temperature: readNumberIn(body["temperature"], "temperature", 0, 2),
    topP: readNumberIn(body["top_p"], "top_p", 0, 1),
    topK: readCount(body["top_k"], "top_k", 0),
    stop: readStrings(body["stop_sequences"], "stop_sequences"),
    outputFormat: decodeFormat(format),
    reasoning: decodeReasoning(thinking, outputConfig),
    serviceTier: decodeServiceTier(body["service_tier"]),
    cacheHint: decodeCacheHint(body["cache_control"], "cache_control"),
    user: readString(metadata?.["user_id"], "metadata.user_id"),
    includeUsage: true,
    extras: decodeExtras(body, thinking, outputConfig, metadata),
  });
};

const decodeSystem = (system: unknown): readonly Message[] => {
  if (system === undefined || system === null) return [];
  const parts = decodeContent(system, "system");
  return parts.length === 0 ? [] : [{ role: "system", parts }];
};

const messageFields: ReadonlySet<string> = new Set(["role", "content"]);

const decodeMessage = (message: unknown, param: string): readonly Message[] => {
  if (!isObject(message)) throw invalidValue(param, "a message", message);
  const { role, content } = message;
  if (role !== "user" && role !== "assistant" && role !== "system") {
    throw invalidValue(`${param}.role`, '"user", "assistant" or "system"', role);
  }
  const parts = decodeContent(content, `${param}.content`);
  const extras = restOf(message, messageFields);
  const toMessage = (as: Message["role"], of: readonly Part[]): Message => present({ role: as, parts: of, extras });
  if (role !== "user") return [toMessage(role, parts)];
  // Tool results stand in a message of their own, before what the user says to them.
  const results = parts.filter(({ type }) => type === "tool-result");
  const others = parts.filter(({ type }) => type !== "tool-result");
  if (results.length === 0) return [toMessage("user", others)];
  return others.length === 0
    ? [toMessage("tool", results)]
    : [{ role: "tool", parts: results }, toMessage("user", others)];
};

const decodeReasoning = (
  thinking: Json | undefined,
  outputConfig: Json | undefined,
): ReasoningPreferences | undefined => {
  const type = readString(thinking?.["type"], "thinking.type");
  const effort = readString(outputConfig?.["effort"], "output_config.effort");
  const display = readString(thinking?.["display"], "thinking.display");
  const reasoning: ReasoningPreferences = present({
    effort,
    budgetTokens: type === "enabled" ? readCount(thinking?.["budget_tokens"], "thinking.budget_tokens") : undefined,
    enabled: type === "enabled" ? true : type === "disabled" ? false : undefined,
    adaptive: type === "adaptive" ? true : undefined,
    // Thoughts of a budget are shown unless they are to be left out; others as the model has it.
    exclude: display === "omitted" ? true : display !== undefined || type === "enabled" ? false : undefined,
  });
  return Object.keys(reasoning).length === 0 ? undefined : reasoning;
};

const decodeFormat = (value: unknown): OutputFormat | undefined => {
  const param = "output_config.format";
  const format = readObject(value, param);
  if (format === undefined) return undefined;
  if (format["type"] !== "json_schema") throw invalidValue(`${param}.type`, '"json_schema"', format["type"]);
  const schema = required(readObject(format["schema"], `${param}.schema`), `${param}.schema`, "a JSON Schema");
  // Here an answer is always held to its schema.
  return { type: "json-schema", schema, strict: true };
};

const decodeServiceTier = (value: unknown): string | undefined => {
  const tier = readString(value, "service_tier");
  return tier === "standard_only" ? "default" : tier;
};

// Kinds of thinking that the vocabulary has words for.
const thinkingTypes: ReadonlySet<unknown> = new Set(["enabled", "disabled", "adaptive"]);

/** What the vocabulary has no words for: unknown fields, and under a known field's own name what is unknown in it. */
const decodeExtras = (
  body: Json,
  thinking: Json | undefined,
  outputConfig: Json | undefined,
  metadata: Json | undefined,
): Json | undefined => {
  const understood = new Set(["budget_tokens"]);
  if (thinkingTypes.has(thinking?.["type"])) understood.add("type");
  if (thinking?.["display"] === "omitted") understood.add("display");
  const leftovers = present({
    thinking: thinking && restOf(thinking, understood),
    output_config: outputConfig && restOf(outputConfig, new Set(["effort", "format"])),
    metadata: metadata && restOf(metadata, new Set(["user_id"])),
  });
  const extras: Json = { ...restOf(body, known), ...leftovers };
  return Object.keys(extras).length === 0 ? undefined : extras;
};
