import { asArray, isRecord, type JsonRecord } from "../../json.ts";
import { thinksByName, type Block, type Effort, type Format, type Prompt } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";
import { promptSeed } from "../prompt-seed.ts";
import type { Call } from "../provider.ts";
import { keepForOf, kindOf } from "./blocks.ts";
import { readMessages, withMarkers } from "./messages.ts";
import { readTools } from "./tools.ts";

const knownFields = new Set(
  (
    "messages system inferenceConfig toolConfig guardrailConfig additionalModelRequestFields additionalModelResponseFieldPaths " +
    "requestMetadata promptVariables performanceConfig serviceTier outputConfig"
  ).split(" "),
);

const knownSettings: readonly string[] = ["maxTokens", "temperature", "topP", "stopSequences"];

/** @throws Refusal for a field of the body that this API does not have. */
export const refuseUnknownFields = (body: unknown): void => {
  const unknown = isRecord(body) ? Object.keys(body).find((name) => !knownFields.has(name)) : undefined;
  if (unknown !== undefined) refuse(`Malformed input request: extraneous key [${unknown}] is not permitted.`);
};

const recordIn = (body: JsonRecord, name: string): JsonRecord => {
  const value = body[name] ?? {};
  return isRecord(value) ? value : refuse(`The value at ${name} must be an object.`);
};

interface Settings {
  readonly maximumTokens: number;
  readonly stop: readonly string[];
}

const readSettings = (body: JsonRecord): Settings => {
  const settings = recordIn(body, "inferenceConfig");
  const unknown = Object.keys(settings).find((name) => !knownSettings.includes(name));
  if (unknown !== undefined) refuse(`Malformed input request: extraneous key [${unknown}] is not permitted.`);
  for (const name of ["temperature", "topP"] as const) {
    const value = settings[name] ?? 0;
    if (typeof value !== "number" || value < 0 || value > 1) {
      refuse(`The value at inferenceConfig.${name} must be a number from 0 to 1.`);
    }
  }
  const most = settings["maxTokens"] ?? Infinity;
  if (typeof most !== "number" || most < 1) refuse("The value at inferenceConfig.maxTokens must be at least 1.");
  const stop = asArray(settings["stopSequences"]).map((text, index) =>
    typeof text === "string" && text !== ""
      ? text
      : refuse(`The value at inferenceConfig.stopSequences.${index} must have at least one letter.`),
  );
  return { maximumTokens: most, stop };
};

const efforts: Readonly<Record<string, Effort>> = { low: "low", medium: "medium", high: "high" };

/** Thinking is switched on in the words of each family of models. */
const readEffort = (fields: JsonRecord, model: string): Effort => {
  const budgeted = fields["thinking"] ?? fields["reasoning_config"];
  if (isRecord(budgeted)) return budgeted["type"] === "disabled" ? "none" : "medium";
  const config = fields["reasoningConfig"];
  if (isRecord(config)) {
    return config["type"] === "enabled" ? (efforts[String(config["maxReasoningEffort"])] ?? "medium") : "none";
  }
  const word = fields["reasoning_effort"];
  if (word !== undefined) return efforts[String(word)] ?? refuse(`reasoning_effort is not known: ${String(word)}`);
  return thinksByName(model) ? "medium" : "none";
};

const readFormat = (body: JsonRecord): Format => {
  const format = recordIn(body, "outputConfig")["textFormat"];
  if (format === undefined) return { type: "text" };
  const structure = isRecord(format) && format["type"] === "json_schema" ? format["structure"] : undefined;
  const inner = isRecord(structure) ? structure["jsonSchema"] : undefined;
  const text = isRecord(inner) ? inner["schema"] : undefined;
  if (typeof text !== "string") return refuse("outputConfig.textFormat.structure.jsonSchema.schema must be a string.");
  try {
    return { type: "schema", schema: JSON.parse(text) as unknown };
  } catch {
    return refuse("outputConfig.textFormat.structure.jsonSchema.schema must be JSON.");
  }
};

const readSystem = (given: unknown): readonly Block[] =>
  asArray(given).map((block, index): Block => {
    const [kind, value] = kindOf(block, `system.${index}`);
    const keepFor = keepForOf(block);
    if (keepFor !== undefined) return { text: "", keepFor };
    if (kind === "text" && typeof value === "string" && value.trim() !== "") return { text: value };
    return kind === "guardContent"
      ? { text: JSON.stringify(value) }
      : refuse(`The text field at system.${index} is blank.`);
  });

/** A marker among the tools covers those before it. */
const toolBlocks = (config: unknown): readonly Block[] =>
  asArray(isRecord(config) ? config["tools"] : undefined).map((tool): Block => {
    const keepFor = keepForOf(tool);
    return keepFor === undefined ? { text: JSON.stringify(tool) } : { text: "", keepFor };
  });

/** Claude is told elsewhere than by the choice of a tool that it may call only one. */
const callsInParallel = (fields: JsonRecord): boolean => {
  const choice = fields["tool_choice"];
  return !(isRecord(choice) && choice["disable_parallel_tool_use"] === true);
};

/** @throws Refusal when Bedrock would answer 400. */
export const readPrompt = (call: Call): Prompt => {
  const given = isRecord(call.body) && call.route.action === "count" ? call.body["input"] : undefined;
  const body = isRecord(given) ? given["converse"] : call.body;
  if (!isRecord(body)) return refuse("Malformed input request, please reformat your input and try again.");
  const model = call.route.model ?? "";
  const { turns, blocks, mentionsTools } = readMessages(body["messages"], call.signer);
  const system = readSystem(body["system"]);
  const fields = recordIn(body, "additionalModelRequestFields");
  return {
    seed: promptSeed(call.seed, "bedrock", model, body),
    model,
    blocks: withMarkers([...toolBlocks(body["toolConfig"]), ...system, ...blocks]),
    turns: [
      ...system.map(({ text }): (typeof turns)[number] => ({ role: "system", text, attachments: 0, results: [] })),
      ...turns,
    ],
    ...readTools(body["toolConfig"], mentionsTools),
    parallelCalls: callsInParallel(fields),
    announcesCalls: true,
    format: readFormat(body),
    ...readSettings(body),
    choices: 1,
    effort: readEffort(fields, model),
    caching: "explicit",
  };
};
