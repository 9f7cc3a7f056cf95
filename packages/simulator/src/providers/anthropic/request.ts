import { asArray, isRecord, type JsonRecord, without } from "../../json.ts";
import { thinksByName, type Block, type Effort, type Format, type Prompt } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";
import { promptSeed } from "../prompt-seed.ts";
import type { Call } from "../provider.ts";
import { limitFault, openObjectFault } from "../strict-schema.ts";
import { keepForOf, promptBlock } from "./blocks.ts";
import { readMessages } from "./messages.ts";
import { checkSampling, checkVersionBlocks, readVersion, rulesOf, type ModelRules } from "./model-rules.ts";
import { readTools } from "./tools.ts";

/** How thoughts are shown: in words, not at all, or sealed as data. */
type ThinkingDisplay = "summarized" | "omitted" | "redacted";

/** A messages request, with what only this wire format needs to write the answer down. */
export interface AnthropicRequest {
  readonly prompt: Prompt;
  readonly display: ThinkingDisplay;
}

const knownFields = new Set(
  (
    "model messages max_tokens system stop_sequences temperature top_p top_k tools tool_choice thinking output_config " +
    "output_format metadata service_tier speed inference_geo container cache_control diagnostics user_profile_id " +
    "workspace_id stream context_management mcp_servers fallbacks compaction thread billing_policy"
  ).split(" "),
);

/** @throws Refusal for a field of the body that this API does not have. */
export const refuseUnknownFields = (body: unknown): void => {
  const unknown = isRecord(body) ? Object.keys(body).find((name) => !knownFields.has(name)) : undefined;
  if (unknown !== undefined) refuse("Extra inputs are not permitted", unknown);
};

const efforts: Readonly<Record<string, Effort>> = {
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "high",
  max: "high",
};
const leastBudget = 1024;

const readEffort = (body: JsonRecord, model: string, rules: ModelRules, maximumTokens: number): Effort => {
  const config = isRecord(body["output_config"]) ? body["output_config"] : {};
  const given = config["effort"] ?? "medium";
  const effort = typeof given === "string" && Object.hasOwn(efforts, given) ? efforts[given] : undefined;
  if (effort === undefined)
    return refuse("Input should be 'low', 'medium', 'high', 'xhigh' or 'max'", "output_config.effort");
  const thinking = body["thinking"] ?? undefined;
  if (thinking === undefined) return thinksByName(model) ? effort : "none";
  const type = isRecord(thinking) ? thinking["type"] : undefined;
  if (
    !isRecord(thinking) ||
    (type !== "enabled" && type !== "disabled" && type !== "adaptive" && type !== "between_tools")
  ) {
    return refuse("Input tag is not one of 'adaptive', 'enabled', 'between_tools', 'disabled'", "thinking");
  }
  if (type === "disabled") return "none";
  if (type !== "enabled") return effort;
  if (rules.refusesThinkingBudget)
    return refuse('"thinking.type.enabled" is not supported for this model: use adaptive', "thinking");
  const budget = thinking["budget_tokens"];
  if (typeof budget !== "number" || budget < leastBudget)
    return refuse("Input should be greater than or equal to 1024", "thinking.enabled.budget_tokens");
  if (budget >= maximumTokens)
    return refuse("`max_tokens` must be greater than `thinking.budget_tokens`", "max_tokens");
  return effort;
};

const readFormat = (body: JsonRecord): Format => {
  const config = isRecord(body["output_config"]) ? body["output_config"] : {};
  const format = config["format"] ?? body["output_format"] ?? undefined;
  if (format === undefined) return { type: "text" };
  const schema = isRecord(format) && format["type"] === "json_schema" ? format["schema"] : undefined;
  if (!isRecord(schema)) return refuse("Field required", "output_config.format.schema");
  const fault = openObjectFault(schema) ?? limitFault(schema);
  return fault === undefined ? { type: "schema", schema } : refuse(fault, "output_config.format.schema");
};

const readStops = (body: JsonRecord): readonly string[] =>
  asArray(body["stop_sequences"]).map((stop, index) => {
    if (typeof stop !== "string") return refuse("Input should be a valid string", `stop_sequences.${index}`);
    return stop.trim() === ""
      ? refuse("each stop sequence must contain non-whitespace", `stop_sequences.${index}`)
      : stop;
  });

const mostMarkers = 4;

/** The prompt in the order it is cached: tools, system, messages. */
const readBlocks = (body: JsonRecord, messages: readonly Block[]): readonly Block[] => {
  const tools = asArray(body["tools"]).map((tool): Block => {
    const keepFor = isRecord(tool) ? keepForOf(tool) : undefined;
    return { text: JSON.stringify(tool), ...(keepFor === undefined ? {} : { keepFor }) };
  });
  const system =
    typeof body["system"] === "string" ? [{ text: body["system"] }] : asArray(body["system"]).map(promptBlock);
  const blocks: readonly Block[] = [...tools, ...system, ...messages];
  const marks = blocks.flatMap((block) => block.keepFor ?? []);
  if (marks.length > mostMarkers)
    refuse(`A maximum of ${mostMarkers} blocks with cache_control may be provided. Found ${marks.length}.`);
  if (marks.lastIndexOf("1h") > marks.indexOf("5m") && marks.includes("5m")) {
    refuse("a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block");
  }
  const automatic = isRecord(body["cache_control"]) ? keepForOf(body) : undefined;
  return automatic === undefined
    ? blocks
    : blocks.map((block, index) => (index === blocks.length - 1 ? { ...block, keepFor: automatic } : block));
};

/** How the documented text begins that makes a model seal its thoughts, so that clients can try it out. */
const sealedThoughtsWord = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING";

/** @throws Refusal when Anthropic would answer 400. */
export const readAnthropicRequest = (call: Call): AnthropicRequest => {
  const { body, headers, signer } = call;
  const version = readVersion(headers["anthropic-version"]);
  if (!isRecord(body)) return refuse("The request body is not valid JSON");
  const { model, max_tokens: given } = body;
  if (typeof model !== "string" || model === "") return refuse("Field required", "model");
  // Counting tokens needs no limit on the answer that is never written.
  const maximumTokens = call.route.action === "count" ? (given ?? 0) : given;
  if (maximumTokens === undefined) return refuse("Field required", "max_tokens");
  if (typeof maximumTokens !== "number" || !Number.isInteger(maximumTokens) || maximumTokens < 0) {
    return refuse("Input should be a non-negative integer", "max_tokens");
  }
  const rules = rulesOf(model);
  const thinking = isRecord(body["thinking"]) ? body["thinking"] : {};
  const { turns, blocks } = readMessages(body["messages"], rules, signer, thinking["type"] === "enabled");
  checkVersionBlocks(asArray(body["messages"]), version);
  checkSampling(body, version, rules);
  const display = thinking["display"] === "omitted" ? "omitted" : "summarized";
  return {
    prompt: {
      seed: promptSeed(call.seed, "anthropic", model, without(body, "stream")),
      model,
      blocks: readBlocks(body, blocks),
      turns,
      ...readTools(body),
      announcesCalls: true,
      format: readFormat(body),
      maximumTokens,
      stop: readStops(body),
      choices: 1,
      effort: readEffort(body, model, rules, maximumTokens),
      caching: "explicit",
    },
    display: turns.some((turn) => turn.text.includes(sealedThoughtsWord)) ? "redacted" : display,
  };
};
