import { isRecord, type JsonRecord, without } from "../../json.ts";
import { type Block, type Format, type Prompt } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";
import { readEffort } from "../openai/effort.ts";
import { numberField } from "../openai/fields.ts";
import { checkModelRules } from "../openai/model-rules.ts";
import { promptSeed } from "../prompt-seed.ts";
import type { Call } from "../provider.ts";
import { openObjectFault, optionalPropertyFault } from "../strict-schema.ts";
import { checkNumbers, readInclude, refuseUnsupported } from "./fields.ts";
import { itemsOf, readItems } from "./input.ts";
import { earlierItems, resolveItem, type Item } from "./shelf.ts";
import { readTools } from "./tools.ts";

/** A request, with what only this wire format needs to write the answer down. */
export interface ResponsesRequest {
  readonly prompt: Prompt;
  readonly body: JsonRecord;
  /** The whole conversation so far, references resolved. */
  readonly items: readonly Item[];
  /** The response can be referred to later. */
  readonly keeps: boolean;
  readonly showsSummary: boolean;
  readonly sealsThoughts: boolean;
  /** Alternatives per token to report; undefined when no probabilities were asked for. */
  readonly topLogprobs: number | undefined;
  /** Deltas are filled up so that their length gives nothing away. */
  readonly obfuscates: boolean;
}

const readFormat = (body: JsonRecord, blocks: readonly Block[]): Format => {
  const text = isRecord(body["text"]) ? body["text"] : {};
  const format = text["format"] ?? { type: "text" };
  const type = isRecord(format) ? format["type"] : undefined;
  if (type === "text") return { type };
  if (type === "json_object") {
    return blocks.some((block) => /json/iu.test(block.text))
      ? { type: "json" }
      : refuse(
          "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
          "input",
        );
  }
  if (!isRecord(format) || type !== "json_schema") return refuse("Invalid value for 'text.format'.", "text.format");
  for (const name of ["name", "schema"] as const) {
    if (format[name] === undefined) {
      refuse(`Missing required parameter: 'text.format.${name}'.`, `text.format.${name}`, "missing_required_parameter");
    }
  }
  const { schema } = format;
  const fault = format["strict"] === true ? (openObjectFault(schema) ?? optionalPropertyFault(schema)) : undefined;
  return fault === undefined
    ? { type: "schema", schema }
    : refuse(
        `Invalid schema for response_format '${String(format["name"])}': ${fault}.`,
        "text.format.schema",
        "invalid_json_schema",
      );
};

const summaries: readonly unknown[] = ["auto", "concise", "detailed"];

/** @throws Refusal when OpenAI would answer 400. */
export const readResponsesRequest = (call: Call): ResponsesRequest => {
  const { body, shelf } = call;
  if (!isRecord(body)) return refuse("The body of the request could not be parsed as a JSON object.");
  const { model, instructions, previous_response_id: previous } = body;
  if (typeof model !== "string" || model === "") {
    return refuse("Missing required parameter: 'model'.", "model", "missing_required_parameter");
  }
  checkNumbers(body);
  refuseUnsupported(body);
  const own = itemsOf(body["input"]).map((item, index) => resolveItem(item, `input[${index}]`, shelf));
  const items = [...earlierItems(previous, shelf), ...own];
  const { turns, blocks } = readItems(
    instructions === undefined || instructions === null
      ? items
      : [...itemsOf(instructions).map((item) => ({ ...item, role: "system" })), ...items],
    call.signer,
  );
  const { tools, toolChoice, parallelCalls } = readTools(body);
  const reasoning = isRecord(body["reasoning"]) ? body["reasoning"] : {};
  const effort = reasoning["effort"] ?? undefined;
  if (call.route.tolerant !== true) checkModelRules(model, { ...body, reasoning_effort: effort });
  const include = readInclude(body);
  const streamOptions = isRecord(body["stream_options"]) ? body["stream_options"] : {};
  return {
    prompt: {
      // What came before counts by what it says, not by the name it is referred to by.
      seed: promptSeed(call.seed, "openai", model, { ...without(body, "stream", "stream_options", "store"), items }),
      model,
      blocks: [...(tools.length > 0 ? [{ text: JSON.stringify(body["tools"]) }] : []), ...blocks],
      turns,
      tools,
      toolChoice,
      parallelCalls,
      announcesCalls: false,
      format: readFormat(body, blocks),
      maximumTokens: numberField(body, "max_output_tokens", 16, 1e9, true) ?? Infinity,
      stop: [],
      choices: 1,
      effort: readEffort(effort, model, "reasoning.effort"),
      caching: "implicit",
    },
    body,
    items,
    keeps: body["store"] !== false,
    showsSummary: summaries.includes(reasoning["summary"] ?? reasoning["generate_summary"]),
    sealsThoughts: include.has("reasoning.encrypted_content"),
    topLogprobs: include.has("message.output_text.logprobs") ? Number(body["top_logprobs"] ?? 0) : undefined,
    obfuscates: streamOptions["include_obfuscation"] !== false,
  };
};
