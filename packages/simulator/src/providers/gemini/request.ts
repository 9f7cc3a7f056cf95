import { asArray, isRecord, type JsonRecord, without } from "../../json.ts";
import { thinksByName, type Block, type Effort, type Format, type Prompt, type Tool } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";
import { promptSeed } from "../prompt-seed.ts";
import type { Call } from "../provider.ts";
import { readContents } from "./contents.ts";
import { field, numberField } from "./fields.ts";
import { rulesOf, type ModelRules } from "./model-rules.ts";
import { readTools } from "./tools.ts";

/** A generateContent request, with what only this wire format needs to write the answer down. */
export interface GeminiRequest {
  readonly prompt: Prompt;
  readonly rules: ModelRules;
  /** Thoughts are shown as a summary; otherwise they are only counted. */
  readonly includeThoughts: boolean;
  /** The stream is server-sent events; otherwise one JSON array that comes piece by piece. */
  readonly serverSentEvents: boolean;
}

const levels: Readonly<Record<string, Effort>> = { MINIMAL: "low", LOW: "low", MEDIUM: "medium", HIGH: "high" };

const effortOfBudget = (budget: number): Effort => {
  if (budget === 0) return "none";
  if (budget > 0 && budget <= 1024) return "low";
  return budget > 8192 ? "high" : "medium";
};

const readEffort = (thinking: JsonRecord, model: string): Effort => {
  const level = field(thinking, "thinkingLevel");
  const budget = field(thinking, "thinkingBudget");
  if (level !== undefined && budget !== undefined) {
    return refuse(
      "You can only set only one of thinking budget and thinking level.",
      "generation_config.thinking_config",
    );
  }
  if (level !== undefined) {
    const name = String(level).toUpperCase();
    const effort = Object.hasOwn(levels, name) ? levels[name] : undefined;
    return (
      effort ??
      refuse(
        `Invalid value at 'generation_config.thinking_config.thinking_level': "${String(level)}"`,
        "generation_config.thinking_config",
      )
    );
  }
  if (budget !== undefined) {
    if (typeof budget !== "number" || budget < -1)
      return refuse("The thinking budget is invalid.", "generation_config.thinking_config");
    return effortOfBudget(budget);
  }
  return field(thinking, "includeThoughts") === true || thinksByName(model) ? "medium" : "none";
};

const readFormat = (config: JsonRecord, tools: readonly Tool[], rules: ModelRules): Format => {
  const mimeType = field(config, "responseMimeType") ?? "text/plain";
  const older = field(config, "responseSchema");
  const newer = field(config, "responseJsonSchema");
  const schema = newer ?? older;
  if (older !== undefined && newer !== undefined) {
    return refuse("Only one of response_schema and response_json_schema may be set.", "generation_config");
  }
  if (mimeType === "text/plain") {
    return schema === undefined
      ? { type: "text" }
      : refuse("A response schema needs response_mime_type 'application/json'.", "generation_config");
  }
  if (mimeType === "text/x.enum" && schema !== undefined) return { type: "schema", schema };
  if (mimeType !== "application/json")
    return refuse(`Unsupported response mime type: ${String(mimeType)}`, "generation_config.response_mime_type");
  if (tools.length > 0 && !rules.mixesJsonAndTools) {
    return refuse("Function calling with a response mime type: 'application/json' is unsupported");
  }
  return schema === undefined ? { type: "json" } : { type: "schema", schema };
};

const mostStops = 5;

const readStops = (config: JsonRecord): readonly string[] => {
  const stops = asArray(field(config, "stopSequences")).map(String);
  return stops.length > mostStops
    ? refuse("At most 5 stop sequences may be given.", "generation_config.stop_sequences")
    : stops;
};

const refuseMedia = (config: JsonRecord): void => {
  const modalities = asArray(field(config, "responseModalities")).map((item) => String(item).toUpperCase());
  if (modalities.some((modality) => modality !== "TEXT")) {
    refuse(
      `The requested combination of response modalities (${modalities.join(", ")}) is not supported by the model.`,
      "generation_config.response_modalities",
    );
  }
};

const systemBlocks = (body: JsonRecord): readonly Block[] => {
  const instruction = field(body, "systemInstruction");
  if (instruction === undefined) return [];
  const parts = isRecord(instruction) ? asArray(instruction["parts"]).filter(isRecord) : [];
  return [{ text: parts.map((part) => String(part["text"] ?? "")).join("\n") }];
};

/** A count may wrap the whole request that would be sent. */
const requestBody = (body: JsonRecord): JsonRecord => {
  const wrapped = field(body, "generateContentRequest");
  return isRecord(wrapped) ? wrapped : body;
};

/** @throws Refusal when Gemini would answer 400. */
export const readGeminiRequest = (call: Call): GeminiRequest => {
  if (!isRecord(call.body)) return refuse("Invalid JSON payload received. Expected an object.");
  const body = requestBody(call.body);
  const model = call.route.model ?? "";
  const rules = rulesOf(model);
  const configured = field(body, "generationConfig") ?? {};
  if (!isRecord(configured)) return refuse("Invalid value at 'generation_config'", "generation_config");
  const thinkingConfig = field(configured, "thinkingConfig");
  const thinking = isRecord(thinkingConfig) ? thinkingConfig : {};
  const { turns, blocks } = readContents(body["contents"], rules, call.signer);
  const { tools, toolChoice } = readTools(body);
  numberField(configured, "temperature", 0, 2);
  numberField(configured, "topP", 0, 1);
  refuseMedia(configured);
  const toolBlocks = tools.length > 0 ? [{ text: JSON.stringify(body["tools"]) }] : [];
  return {
    prompt: {
      seed: promptSeed(call.seed, "gemini", model, without(body, "model")),
      model,
      blocks: [...systemBlocks(body), ...toolBlocks, ...blocks],
      turns,
      tools,
      toolChoice,
      parallelCalls: true,
      announcesCalls: false,
      format: readFormat(configured, tools, rules),
      maximumTokens: numberField(configured, "maxOutputTokens", 1, 1e9) ?? Infinity,
      stop: readStops(configured),
      choices: numberField(configured, "candidateCount", 1, 8) ?? 1,
      effort: readEffort(thinking, model),
      caching: "implicit",
    },
    rules,
    includeThoughts: field(thinking, "includeThoughts") === true,
    serverSentEvents: call.url.searchParams.get("alt") === "sse",
  };
};
