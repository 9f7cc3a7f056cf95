import { isRecord, type JsonRecord, without } from "../../json.ts";
import { thinksByName, type Format, type Prompt } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";
import { promptSeed } from "../prompt-seed.ts";
import type { Call } from "../provider.ts";
import { openObjectFault, optionalPropertyFault } from "../strict-schema.ts";
import { readEffort } from "./effort.ts";
import { numberField, stopField } from "./fields.ts";
import { readMessages, type ReadMessages } from "./messages.ts";
import { checkModelRules } from "./model-rules.ts";
import { readTools } from "./tools.ts";

/** A chat request, with what only this wire format needs to write the answer down. */
export interface OpenaiRequest {
  readonly prompt: Prompt;
  readonly includeUsage: boolean;
  /** Alternatives per token to report; undefined when no probabilities were asked for. */
  readonly topLogprobs: number | undefined;
  readonly legacyFunctions: boolean;
  readonly serviceTier: string;
  /** Thoughts are shown, as servers do for models that say so in their name; others only count them. */
  readonly showsReasoning: boolean;
}

const readFormat = (body: JsonRecord, messages: ReadMessages): Format => {
  const format = body["response_format"] ?? { type: "text" };
  const type = isRecord(format) ? format["type"] : undefined;
  if (type === "text") return { type };
  if (type === "json_object") {
    const mentioned = messages.blocks.some((block) => /json/iu.test(block.text));
    return mentioned
      ? { type: "json" }
      : refuse("'messages' must contain the word 'json' to use 'response_format' of type 'json_object'.", "messages");
  }
  const inner = isRecord(format) && type === "json_schema" ? format["json_schema"] : undefined;
  if (!isRecord(inner)) return refuse("Invalid value for 'response_format'.", "response_format");
  if (typeof inner["name"] !== "string")
    return refuse(
      "Missing required parameter: 'response_format.json_schema.name'.",
      "response_format.json_schema.name",
      "missing_required_parameter",
    );
  const schema = inner["schema"] ?? {};
  const fault = inner["strict"] === true ? (openObjectFault(schema) ?? optionalPropertyFault(schema)) : undefined;
  if (fault !== undefined)
    return refuse(`Invalid schema for response_format '${inner["name"]}': ${fault}.`, "response_format");
  return { type: "schema", schema };
};

const readMaximum = (body: JsonRecord): number => {
  const current = numberField(body, "max_completion_tokens", 1, 1e9, true);
  const deprecated = numberField(body, "max_tokens", 1, 1e9, true);
  if (current !== undefined && deprecated !== undefined) {
    return refuse("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", "max_tokens");
  }
  return current ?? deprecated ?? Infinity;
};

const refuseUnsupported = (body: JsonRecord): void => {
  const modalities = body["modalities"];
  if (Array.isArray(modalities) && modalities.some((item) => item !== "text")) {
    refuse("This model supports text output only.", "modalities");
  }
  if ((body["audio"] ?? null) !== null) refuse("Audio output is not supported with this model.", "audio");
  if ((body["web_search_options"] ?? null) !== null)
    refuse("Web search options not supported with this model.", "web_search_options");
  if ((body["stream_options"] ?? null) !== null && body["stream"] !== true) {
    refuse("'stream_options' is only allowed when 'stream' is enabled.", "stream_options");
  }
};

const readLogprobs = (body: JsonRecord): number | undefined => {
  const alternatives = numberField(body, "top_logprobs", 0, 20, true);
  if (body["logprobs"] === true) return alternatives ?? 0;
  return alternatives === undefined
    ? undefined
    : refuse("'top_logprobs' is only allowed when 'logprobs' is true.", "top_logprobs");
};

/** @throws Refusal when OpenAI would answer 400. */
export const readOpenaiRequest = (call: Call): OpenaiRequest => {
  const { body } = call;
  if (!isRecord(body)) return refuse("The body of the request could not be parsed as a JSON object.");
  const model = body["model"];
  if (typeof model !== "string" || model === "")
    return refuse("You must provide a model parameter.", "model", "missing_required_parameter");
  const messages = readMessages(body["messages"]);
  const { tools, toolChoice, parallelCalls, legacy } = readTools(body);
  for (const [name, lowest, highest] of [
    ["temperature", 0, 2],
    ["top_p", 0, 1],
    ["presence_penalty", -2, 2],
    ["frequency_penalty", -2, 2],
  ] as const) {
    numberField(body, name, lowest, highest, false);
  }
  if (call.route.tolerant !== true) checkModelRules(model, body);
  refuseUnsupported(body);
  const streamOptions = isRecord(body["stream_options"]) ? body["stream_options"] : {};
  const toolBlocks = tools.length > 0 ? [{ text: JSON.stringify(body["tools"] ?? body["functions"]) }] : [];
  return {
    prompt: {
      seed: promptSeed(call.seed, "openai", model, without(body, "stream", "stream_options")),
      model,
      blocks: [...toolBlocks, ...messages.blocks],
      turns: messages.turns,
      tools,
      toolChoice,
      parallelCalls,
      announcesCalls: false,
      format: readFormat(body, messages),
      maximumTokens: readMaximum(body),
      stop: stopField(body),
      choices: numberField(body, "n", 1, 128, true) ?? 1,
      effort: readEffort(body["reasoning_effort"], model, "reasoning_effort"),
      caching: "implicit",
    },
    includeUsage: streamOptions["include_usage"] === true,
    topLogprobs: readLogprobs(body),
    legacyFunctions: legacy,
    serviceTier:
      body["service_tier"] === "flex" || body["service_tier"] === "priority" ? body["service_tier"] : "default",
    showsReasoning: thinksByName(model),
  };
};
