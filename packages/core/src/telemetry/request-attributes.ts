import type { Attributes } from "@opentelemetry/api";
import type { ChatRequest } from "../chat/request.ts";
import { attribute } from "./semconv.ts";

const outputTypes: Readonly<Record<string, string>> = { text: "text", json: "json", "json-schema": "json" };

/** What a request asks of a model, as the GenAI convention names it. */
export const requestAttributes = (request: ChatRequest): Attributes => {
  const attributes: Attributes = {};
  const set = (name: string, value: Attributes[string]): void => {
    if (value !== undefined) attributes[name] = value;
  };
  if (request.stream) set(attribute.genAiRequestStream, true);
  set(attribute.genAiMaxTokens, request.maxOutputTokens);
  set(attribute.genAiTemperature, request.temperature);
  set(attribute.genAiTopP, request.topP);
  set(attribute.genAiTopK, request.topK);
  set(attribute.genAiFrequencyPenalty, request.frequencyPenalty);
  set(attribute.genAiPresencePenalty, request.presencePenalty);
  if (request.stop !== undefined) set(attribute.genAiStopSequences, [...request.stop]);
  set(attribute.genAiSeed, request.seed);
  if (request.choiceCount !== 1) set(attribute.genAiChoiceCount, request.choiceCount);
  set(attribute.genAiOutputType, outputTypes[request.outputFormat?.type ?? ""]);
  return attributes;
};
