import { asArray, isRecord, type JsonRecord, without } from "../../json.ts";
import { thinksByName, type Effort, type Format, type Prompt, type Tool } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";
import { promptSeed } from "../prompt-seed.ts";
import type { Call } from "../provider.ts";
import { readMessages } from "./messages.ts";

const readTool = (tool: unknown): Tool => {
  const inner = isRecord(tool) && tool["type"] === "function" ? tool["function"] : undefined;
  if (!isRecord(inner) || typeof inner["name"] !== "string") return refuse("tools: a function with a name is needed");
  return {
    name: inner["name"],
    description: String(inner["description"] ?? ""),
    schema: inner["parameters"] ?? { type: "object", properties: {} },
  };
};

const readFormat = (format: unknown): Format => {
  if (format === undefined || format === null || format === "") return { type: "text" };
  if (format === "json") return { type: "json" };
  return isRecord(format)
    ? { type: "schema", schema: format }
    : refuse(`invalid format: ${JSON.stringify(format)}; expected "json" or a valid JSON Schema object`);
};

const readEffort = (think: unknown, model: string): Effort => {
  if (think === undefined || think === null) return thinksByName(model) ? "medium" : "none";
  if (typeof think === "boolean") return think ? "medium" : "none";
  return think === "low" || think === "medium" || think === "high"
    ? think
    : refuse(`invalid think value: ${JSON.stringify(think)} (must be "high", "medium", "low", true, or false)`);
};

const numbers = ["num_predict", "num_ctx", "temperature", "top_p", "top_k", "min_p", "seed"] as const;
const penalties = ["repeat_penalty", "presence_penalty", "frequency_penalty"] as const;

const readOptions = (given: unknown): { readonly maximumTokens: number; readonly stop: readonly string[] } => {
  const options = given ?? {};
  if (!isRecord(options)) return refuse("options must be an object");
  for (const name of [...numbers, ...penalties]) {
    const value = options[name] ?? undefined;
    if (value !== undefined && typeof value !== "number") refuse(`option "${name}" must be a number`);
  }
  const stop = options["stop"] ?? [];
  const stops: readonly unknown[] = Array.isArray(stop) ? stop : [stop];
  const texts = stops.filter((item) => typeof item === "string");
  if (texts.length !== stops.length) refuse('option "stop" must be of an array of strings');
  const limit = Number(options["num_predict"] ?? -1);
  return { maximumTokens: limit < 0 ? Infinity : limit, stop: texts };
};

/** What only says how the answer is delivered, or how the server keeps house. */
const delivery = ["stream", "keep_alive", "truncate", "shift"] as const;

const modelOf = (body: JsonRecord): string => {
  const { model } = body;
  return typeof model === "string" && model !== "" ? model : refuse("model is required");
};

/** @throws Refusal when Ollama would answer 400. */
export const readPrompt = (call: Call): Prompt => {
  const { body } = call;
  if (!isRecord(body)) return refuse(body === undefined ? "missing request body" : "the body must be a JSON object");
  const model = modelOf(body);
  const { turns, blocks } = readMessages(body["messages"]);
  const tools = asArray(body["tools"]).map(readTool);
  return {
    seed: promptSeed(call.seed, "ollama", model, without(body, ...delivery)),
    model,
    blocks: [...(tools.length > 0 ? [{ text: JSON.stringify(body["tools"]) }] : []), ...blocks],
    turns,
    tools,
    toolChoice: "auto",
    parallelCalls: true,
    announcesCalls: false,
    format: readFormat(body["format"]),
    ...readOptions(body["options"]),
    choices: 1,
    effort: readEffort(body["think"], model),
    caching: "implicit",
  };
};
