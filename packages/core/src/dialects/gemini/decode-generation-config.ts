import type { ChatRequest, OutputFormat, ReasoningPreferences } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import {
  present,
  readBoolean,
  readCount,
  readInteger,
  readNumberIn,
  readObject,
  readString,
  readStrings,
  restOf,
} from "../fields.ts";
import { camelKeys } from "./keys.ts";
import { readOpenApiSchema } from "./read-openapi-schema.ts";

const known: ReadonlySet<string> = new Set([
  "temperature",
  "topP",
  "topK",
  "candidateCount",
  "maxOutputTokens",
  "stopSequences",
  "seed",
  "presencePenalty",
  "frequencyPenalty",
  "responseLogprobs",
  "logprobs",
  "responseModalities",
  "thinkingConfig",
]);
const knownWithFormat: ReadonlySet<string> = new Set([
  ...known,
  "responseMimeType",
  "responseSchema",
  "responseJsonSchema",
  "_responseJsonSchema",
]);

const field = (name: string): string => `generationConfig.${name}`;

/** `generationConfig`, and what the vocabulary has no words for in it. */
export const decodeGenerationConfig = (
  value: unknown,
): { readonly settings: Partial<ChatRequest>; readonly rest?: Json | undefined } => {
  const written = readObject(value, "generationConfig");
  if (written === undefined) return { settings: {} };
  const config = camelKeys(written);
  const outputFormat = decodeFormat(config);
  const thinking = camelKeys(readObject(config["thinkingConfig"], field("thinkingConfig")) ?? {});
  const { reasoning, rest: otherThinking } = decodeThinking(thinking);
  const others = restOf(config, outputFormat === undefined ? known : knownWithFormat);
  const rest = otherThinking === undefined ? others : { ...others, thinkingConfig: otherThinking };
  const settings = present({
    temperature: readNumberIn(config["temperature"], field("temperature"), 0, 2),
    topP: readNumberIn(config["topP"], field("topP"), 0, 1),
    topK: readCount(config["topK"], field("topK"), 0),
    choiceCount: readCount(config["candidateCount"], field("candidateCount")),
    maxOutputTokens: readCount(config["maxOutputTokens"], field("maxOutputTokens")),
    stop: readStrings(config["stopSequences"], field("stopSequences")),
    seed: readInteger(config["seed"], field("seed")),
    presencePenalty: readNumberIn(config["presencePenalty"], field("presencePenalty"), -2, 2),
    frequencyPenalty: readNumberIn(config["frequencyPenalty"], field("frequencyPenalty"), -2, 2),
    logprobs: readBoolean(config["responseLogprobs"], field("responseLogprobs")),
    topLogprobs: readCount(config["logprobs"], field("logprobs"), 0),
    modalities: readStrings(config["responseModalities"], field("responseModalities"))?.map((modality) =>
      modality.toLowerCase(),
    ),
    outputFormat,
    reasoning,
  });
  return { settings, rest };
};

/** `undefined` where nothing is said, and for types of text that only this API has: its fields are then left as they are. */
const decodeFormat = (config: Json): OutputFormat | undefined => {
  const type = readString(config["responseMimeType"], field("responseMimeType"))?.toLowerCase();
  const openApi = readObject(config["responseSchema"], field("responseSchema"));
  const name = config["responseJsonSchema"] === undefined ? "_responseJsonSchema" : "responseJsonSchema";
  const schema = readObject(config[name], field(name)) ?? (openApi && readOpenApiSchema(openApi));
  // Here an answer is always held to its schema.
  if (type === "application/json") {
    return schema === undefined ? { type: "json" } : { type: "json-schema", schema, strict: true };
  }
  return type === "text/plain" && schema === undefined ? { type: "text" } : undefined;
};

const levels: ReadonlySet<string> = new Set(["MINIMAL", "LOW", "MEDIUM", "HIGH"]);

/** Thoughts are told only to those who ask for them. */
const decodeThinking = (
  config: Json,
): { readonly reasoning?: ReasoningPreferences | undefined; readonly rest?: Json | undefined } => {
  if (Object.keys(config).length === 0) return {};
  const param = (name: string): string => field(`thinkingConfig.${name}`);
  const level = readString(config["thinkingLevel"], param("thinkingLevel"))?.toUpperCase();
  const budget = readInteger(config["thinkingBudget"], param("thinkingBudget"));
  const includes = readBoolean(config["includeThoughts"], param("includeThoughts")) === true;
  const isKnown = level === undefined || levels.has(level);
  const understood = new Set(["includeThoughts", "thinkingBudget", ...(isKnown ? ["thinkingLevel"] : [])]);
  return present({
    reasoning: present({
      effort: isKnown ? level?.toLowerCase() : undefined,
      budgetTokens: budget === undefined || budget < 0 ? undefined : budget,
      enabled: budget === 0 ? false : undefined,
      // -1 leaves it to the model.
      adaptive: budget !== undefined && budget < 0 ? true : undefined,
      exclude: !includes,
    }),
    rest: restOf(config, understood),
  });
};
