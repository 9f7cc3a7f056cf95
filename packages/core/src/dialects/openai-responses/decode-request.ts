import type { ChatRequest } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import type { Json } from "../dialect.ts";
import {
  invalidValue,
  present,
  readBoolean,
  readCount,
  readNumberIn,
  readObject,
  readString,
  readStrings,
  required,
  restOf,
} from "../fields.ts";
import { decodeInput } from "./decode-input.ts";
import { decodeFormat, decodeToolChoice, decodeTools } from "./decode-tools.ts";
import { dialectId } from "./identity.ts";

const known: ReadonlySet<string> = new Set([
  "model",
  "input",
  "instructions",
  "stream",
  "max_output_tokens",
  "temperature",
  "top_p",
  "top_logprobs",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "text",
  "reasoning",
  "include",
  "metadata",
  "service_tier",
  "prompt_cache_key",
  "user",
  "previous_response_id",
  "conversation",
]);

const logprobsInclude = "message.output_text.logprobs";
/** What the vocabulary has a word for, or is told to every client of this dialect, asked for or not. */
const understoodIncludes: ReadonlySet<string> = new Set(["reasoning.encrypted_content", logprobsInclude]);

/** Values that ask for what happens anyway. */
const defaults: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["truncation", "disabled"],
  ["background", false],
]);

/** Reads a Responses request into the vocabulary. Usage is part of every answer in this dialect. */
export const decodeRequest = (body: Json): ChatRequest => {
  refuseState(body);
  const text = readObject(body["text"], "text") ?? {};
  const reasoning = readObject(body["reasoning"], "reasoning") ?? {};
  const effort = readString(reasoning["effort"], "reasoning.effort");
  const include = readStrings(body["include"], "include") ?? [];
  const topLogprobs = readCount(body["top_logprobs"], "top_logprobs", 0);
  const toolChoice = decodeToolChoice(body["tool_choice"]);
  return present({
    dialect: dialectId,
    model: required(readString(body["model"], "model") || undefined, "model", "the name of a model"),
    stream: readBoolean(body["stream"], "stream") ?? false,
    messages: decodeInput(body),
    tools: decodeTools(body["tools"]),
    toolChoice,
    parallelToolCalls: readBoolean(body["parallel_tool_calls"], "parallel_tool_calls"),
    maxOutputTokens: readCount(body["max_output_tokens"], "max_output_tokens"),
    temperature: readNumberIn(body["temperature"], "temperature", 0, 2),
    topP: readNumberIn(body["top_p"], "top_p", 0, 1),
    logprobs: include.includes(logprobsInclude) || (topLogprobs ?? 0) > 0 ? true : undefined,
    topLogprobs: topLogprobs === 0 ? undefined : topLogprobs,
    outputFormat: decodeFormat(text["format"]),
    verbosity: readString(text["verbosity"], "text.verbosity"),
    reasoning: effort === undefined ? undefined : { effort },
    serviceTier: readString(body["service_tier"], "service_tier"),
    cacheKey: readString(body["prompt_cache_key"], "prompt_cache_key"),
    user: readString(body["user"], "user") ?? readString(body["safety_identifier"], "safety_identifier"),
    metadata: decodeMetadata(body["metadata"]),
    includeUsage: true,
    extras: decodeExtras(body, {
      text: restOf(text, new Set(["format", "verbosity"])),
      reasoning: restOf(reasoning, new Set(["effort"])),
      include: include.every((name) => understoodIncludes.has(name)) ? undefined : include,
      tool_choice: toolChoice === undefined ? (body["tool_choice"] ?? undefined) : undefined,
    }),
  });
};

/** How to do without what is kept elsewhere. */
export const sendAll: string =
  "Send the whole conversation in `input`, with the items of earlier answers as they came, and " +
  '`include: ["reasoning.encrypted_content"]` to keep the reasoning.';

/** What is kept elsewhere, and an answer that outlives its request. */
const refuseState = (body: Json): void => {
  const refuse = (param: string, why: string): never => {
    throw new GatewayError("unsupported_parameter", `\`${param}\` is not supported: ${why}`, { param });
  };
  const isThere = (param: string): boolean => body[param] !== undefined && body[param] !== null;
  if (isThere("conversation")) {
    refuse("conversation", `conversations are not kept. Go on from an answer by \`previous_response_id\`. ${sendAll}`);
  }
  if (isThere("previous_response_id")) refuse("previous_response_id", `answers are not kept here. ${sendAll}`);
  if (body["background"] === true && body["stream"] !== true) {
    refuse("background", "an answer is given to who waits for it. Remove it, or ask for a stream.");
  }
};

const decodeMetadata = (value: unknown): Readonly<Record<string, string>> | undefined => {
  const metadata = readObject(value, "metadata");
  for (const [name, text] of Object.entries(metadata ?? {})) {
    if (typeof text !== "string") throw invalidValue(`metadata.${name}`, "a string", text);
  }
  // Each value was just seen to be a string.
  return metadata as Readonly<Record<string, string>> | undefined;
};

/** What the vocabulary has no words for: unknown fields, and under a known field's own name what is unknown in it. */
const decodeExtras = (body: Json, leftovers: Json): Json | undefined => {
  const unsaid = new Set(known);
  for (const [name, value] of defaults) if (body[name] === value || body[name] === null) unsaid.add(name);
  const extras: Json = { ...restOf(body, unsaid), ...present(leftovers) };
  return Object.keys(extras).length === 0 ? undefined : extras;
};
