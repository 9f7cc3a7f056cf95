import type { ChatRequest, Tool, WebSearch } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import {
  invalidValue,
  isObject,
  present,
  readArray,
  readBoolean,
  readObject,
  readString,
  required,
  restOf,
} from "../fields.ts";
import { readWebSearch } from "../web-search.ts";
import { decodeCacheHint } from "./decode-content.ts";
import { dialectId } from "./identity.ts";

const toolFields: ReadonlySet<string> = new Set([
  "type",
  "name",
  "description",
  "input_schema",
  "strict",
  "cache_control",
]);

/** Tools of the client's own become functions; Anthropic's own stay what they are. */
export const decodeTools = (value: unknown): readonly Tool[] | undefined =>
  readArray(value, "tools")?.map((tool, index) => decodeTool(tool, `tools[${index}]`));

const decodeTool = (tool: unknown, param: string): Tool => {
  if (!isObject(tool)) throw invalidValue(param, "a tool", tool);
  const type = readString(tool["type"], `${param}.type`) ?? "custom";
  if (type !== "custom")
    return present({ type: "opaque" as const, dialect: dialectId, value: tool, search: searchOf(tool) });
  return present({
    type: "function" as const,
    name: required(readString(tool["name"], `${param}.name`), `${param}.name`, "the name of the tool"),
    description: readString(tool["description"], `${param}.description`),
    parameters: readObject(tool["input_schema"], `${param}.input_schema`),
    strict: readBoolean(tool["strict"], `${param}.strict`),
    cacheHint: decodeCacheHint(tool["cache_control"], `${param}.cache_control`),
    extras: restOf(tool, toolFields),
  });
};

const searchType = /^web_search_\d+$/;
const searchFields: ReadonlySet<string> = new Set(["type", "name", "cache_control"]);

const searchOf = (tool: Json): WebSearch | undefined =>
  searchType.test(String(tool["type"])) ? readWebSearch(restOf(tool, searchFields) ?? {}) : undefined;

/** `tool_choice`, which also says whether calls may be made in parallel. */
export const decodeToolChoice = (value: unknown): Pick<ChatRequest, "toolChoice" | "parallelToolCalls"> => {
  const choice = readObject(value, "tool_choice");
  if (choice === undefined) return {};
  const oneAtATime = readBoolean(choice["disable_parallel_tool_use"], "tool_choice.disable_parallel_tool_use");
  const parallel = oneAtATime === undefined ? {} : { parallelToolCalls: !oneAtATime };
  switch (choice["type"]) {
    case "auto":
    case "none":
      return { toolChoice: { type: choice["type"] }, ...parallel };
    case "any":
      return { toolChoice: { type: "required" }, ...parallel };
    case "tool": {
      const name = required(readString(choice["name"], "tool_choice.name"), "tool_choice.name", "the name of a tool");
      return { toolChoice: { type: "tool", name }, ...parallel };
    }
    default:
      throw invalidValue("tool_choice.type", '"auto", "any", "tool" or "none"', choice["type"]);
  }
};
