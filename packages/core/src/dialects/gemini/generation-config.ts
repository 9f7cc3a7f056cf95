import type { ChatRequest } from "../../chat/request.ts";
import type { BackTarget, Json } from "../dialect.ts";
import { present } from "../fields.ts";
import type { Losses } from "../losses.ts";
import { isForced } from "../tool-choice.ts";
import { dialectId } from "./identity.ts";
import { toJsonSchema } from "./json-schema.ts";
import type { ModelTraits } from "./model-traits.ts";
import { toOpenApiSchema } from "./openapi-schema.ts";
import { encodeThinking } from "./thinking.ts";

const maxStopSequences = 5;

/** `generationConfig`; empty where the request sets nothing. */
export const encodeGenerationConfig = (
  request: ChatRequest,
  traits: ModelTraits,
  target: BackTarget,
  losses: Losses,
): Json => {
  const { quirks } = target;
  const knob = <T>(param: string, value: T | undefined, supported = true): T | undefined => {
    if (value === undefined || (supported && quirks.unsupported?.includes(param) !== true)) return value;
    // A penalty of zero asks for nothing.
    if (value !== 0) losses.tuning(param);
    return undefined;
  };
  const temperature = knob("temperature", request.temperature);
  const logprobs = wantsLogprobs(request, target, losses);
  return present({
    temperature: temperature === undefined ? undefined : Math.min(temperature, quirks.maxTemperature ?? 2),
    topP: knob("top_p", request.topP),
    topK: knob("top_k", request.topK),
    maxOutputTokens: request.maxOutputTokens,
    candidateCount: candidateCount(request, target, losses),
    stopSequences: stopSequences(request, losses),
    seed: knob("seed", request.seed),
    presencePenalty: knob("presence_penalty", request.presencePenalty, traits.penalties),
    frequencyPenalty: knob("frequency_penalty", request.frequencyPenalty, traits.penalties),
    responseLogprobs: logprobs,
    logprobs: logprobs === undefined ? undefined : request.topLogprobs,
    ...outputFormat(request, traits, losses),
    responseModalities: modalities(request, losses),
    thinkingConfig: encodeThinking(request.reasoning, traits.thinking, losses),
  });
};

const wantsLogprobs = ({ logprobs }: ChatRequest, { quirks }: BackTarget, losses: Losses): true | undefined => {
  if (logprobs !== true) return undefined;
  if (quirks.unsupported?.includes("logprobs") !== true) return true;
  losses.meaning("logprobs", "it does not tell them");
  return undefined;
};

const candidateCount = ({ choiceCount }: ChatRequest, { quirks }: BackTarget, losses: Losses): number | undefined => {
  if (choiceCount === undefined || choiceCount === 1) return undefined;
  if (quirks.unsupported?.includes("n") !== true) return choiceCount;
  losses.meaning("n", "it gives one answer at a time");
  return undefined;
};

const stopSequences = ({ stop }: ChatRequest, losses: Losses): readonly string[] | undefined => {
  const sequences = stop?.filter((sequence) => sequence !== "") ?? [];
  if (sequences.length > maxStopSequences) {
    losses.meaning("stop", `it takes ${maxStopSequences} stop sequences at most`);
  }
  return sequences.length === 0 ? undefined : sequences.slice(0, maxStopSequences);
};

const outputFormat = (request: ChatRequest, traits: ModelTraits, losses: Losses): Json => {
  const { outputFormat: format, tools, toolChoice } = request;
  if (format === undefined || format.type === "text") return {};
  if (!traits.schemaWithTools && tools?.some((tool) => tool.type === "function") === true) {
    // A call that is forced has no form but its own.
    if (isForced(toolChoice)) losses.tuning("response_format");
    else losses.meaning("response_format", "this model does not combine it with tools");
    return {};
  }
  const responseMimeType = "application/json";
  if (format.type === "json") return { responseMimeType };
  // The schema's own words come first; name and description fill what it leaves open.
  const { schema, name, description } = format;
  const named = {
    ...schema,
    ...present({ title: schema["title"] ?? name, description: schema["description"] ?? description }),
  };
  return traits.jsonSchema
    ? { responseMimeType, responseJsonSchema: toJsonSchema(named) }
    : { responseMimeType, responseSchema: toOpenApiSchema(named, { ordered: true }) };
};

const modalities = (request: ChatRequest, losses: Losses): readonly string[] | undefined => {
  const wanted = request.modalities ?? [];
  const native = request.dialect === dialectId;
  const kept = wanted.filter((modality) => {
    if (native || modality !== "audio") return true;
    losses.meaning("modalities", "its spoken answers have no form in this dialect");
    return false;
  });
  if (request.audio !== undefined) losses.tuning("audio");
  // Text alone is what every model answers with.
  return kept.length === 0 || (kept.length === 1 && kept[0]?.toLowerCase() === "text")
    ? undefined
    : kept.map((modality) => modality.toUpperCase());
};
