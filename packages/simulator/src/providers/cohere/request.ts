import { asArray, isRecord, type JsonRecord, without } from "../../json.ts";
import { thinksByName, type Effort, type Format, type Prompt } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";
import { promptSeed } from "../prompt-seed.ts";
import type { Call } from "../provider.ts";
import { checkNumbers, readStops } from "./fields.ts";
import { readMessages } from "./messages.ts";
import { readTools } from "./tools.ts";

/** A request, with what only this wire format needs to write the answer down. */
export interface CohereRequest {
  readonly prompt: Prompt;
  readonly showsLogprobs: boolean;
}

const readFormat = (body: JsonRecord, hasTools: boolean): Format => {
  const format = body["response_format"] ?? { type: "text" };
  const type = isRecord(format) ? format["type"] : undefined;
  if (!isRecord(format) || (type !== "text" && type !== "json_object")) {
    return refuse("invalid request: response_format.type must be text or json_object");
  }
  if (type === "text") return { type };
  if (hasTools) return refuse("invalid request: cannot use response_format of type json_object together with tools");
  const schema = format["json_schema"] ?? format["schema"] ?? undefined;
  if (schema === undefined) return { type: "json" };
  return isRecord(schema) ? { type: "schema", schema } : refuse("invalid request: json_schema must be an object");
};

const readEffort = (body: JsonRecord, model: string): Effort => {
  const thinking = body["thinking"] ?? undefined;
  if (thinking === undefined) return thinksByName(model) ? "medium" : "none";
  const type = isRecord(thinking) ? thinking["type"] : undefined;
  if (type !== "enabled" && type !== "disabled") {
    return refuse("invalid request: thinking.type must be enabled or disabled");
  }
  return type === "enabled" ? "medium" : "none";
};

/** @throws Refusal when Cohere would answer 4xx. */
export const readCohereRequest = (call: Call): CohereRequest => {
  const { body } = call;
  if (!isRecord(body)) return refuse("invalid json syntax");
  const { model } = body;
  if (typeof model !== "string" || model === "") return refuse("invalid request: model is required");
  checkNumbers(body);
  const { turns, blocks } = readMessages(body["messages"]);
  const { tools, toolChoice } = readTools(body);
  const offered = tools.length > 0 ? [{ text: JSON.stringify(body["tools"]) }] : [];
  const documents = asArray(body["documents"]).map((document) => ({ text: JSON.stringify(document) }));
  return {
    prompt: {
      seed: promptSeed(call.seed, "cohere", model, without(body, "stream")),
      model,
      blocks: [...offered, ...documents, ...blocks],
      turns,
      tools,
      toolChoice,
      parallelCalls: true,
      announcesCalls: true,
      format: readFormat(body, tools.length > 0),
      maximumTokens: Number(body["max_tokens"] ?? Infinity),
      stop: readStops(body),
      choices: 1,
      effort: readEffort(body, model),
      caching: "implicit",
    },
    showsLogprobs: body["logprobs"] === true,
  };
};
