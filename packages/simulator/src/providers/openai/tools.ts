import { asArray, isRecord, type JsonRecord } from "../../json.ts";
import type { Tool, ToolChoice } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";
import { openObjectFault, optionalPropertyFault } from "../strict-schema.ts";

const namePattern = /^[a-zA-Z0-9_-]{1,64}$/u;

const readTool = (tool: unknown, at: string): Tool => {
  const type = isRecord(tool) ? tool["type"] : undefined;
  if (!isRecord(tool) || (type !== "function" && type !== "custom")) {
    return refuse(`Invalid value for '${at}.type': supported values are 'function' and 'custom'.`, `${at}.type`);
  }
  const inner = tool[type];
  if (!isRecord(inner))
    return refuse(`Missing required parameter: '${at}.${type}'.`, `${at}.${type}`, "missing_required_parameter");
  return readFunction(inner, `${at}.${type}`, type === "custom");
};

/** Reads what a tool is, apart from its type. @throws Refusal when it is wrong. */
export const readFunction = (inner: JsonRecord, at: string, isCustom: boolean): Tool => {
  const name = inner["name"];
  if (typeof name !== "string" || !namePattern.test(name)) {
    return refuse(`Invalid '${at}.name': expected letters, digits, '_' and '-', at most 64.`, `${at}.name`);
  }
  const parameters = inner["parameters"] ?? { type: "object", properties: {} };
  if (!isRecord(parameters) || (parameters["type"] ?? "object") !== "object") {
    return refuse(
      `Invalid schema for function '${name}': schema must be of type 'object'.`,
      `${at}.parameters`,
      "invalid_function_parameters",
    );
  }
  const fault =
    inner["strict"] === true ? (openObjectFault(parameters) ?? optionalPropertyFault(parameters)) : undefined;
  if (fault !== undefined) {
    return refuse(
      `Invalid schema for function '${name}': ${fault}.`,
      `${at}.parameters`,
      "invalid_function_parameters",
    );
  }
  return { name, description: String(inner["description"] ?? ""), schema: isCustom ? undefined : parameters };
};

/** Reads the choice among the tools on offer. @throws Refusal when it names none of them. */
export const readChoice = (choice: unknown, tools: readonly Tool[], at: string): ToolChoice => {
  if (choice === undefined || choice === null) return "auto";
  if (tools.length === 0 && choice !== "none") return refuse(`'${at}' is only allowed when tools are specified.`, at);
  if (choice === "none" || choice === "auto" || choice === "required") return choice;
  const inner = isRecord(choice) ? (choice["function"] ?? choice["custom"] ?? choice) : undefined;
  const name = isRecord(inner) ? inner["name"] : undefined;
  const tool = tools.find((candidate) => candidate.name === name);
  return tool === undefined
    ? refuse(`Invalid value for '${at}': it names no tool that is offered.`, at)
    : { name: tool.name };
};

/** The tools on offer and the choice among them. */
export interface ReadTools {
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice;
  readonly parallelCalls: boolean;
  /** The request uses the older `functions`, so the answer has to use `function_call`. */
  readonly legacy: boolean;
}

const allowedTools = (choice: unknown): JsonRecord | undefined =>
  isRecord(choice) && choice["type"] === "allowed_tools" && isRecord(choice["allowed_tools"])
    ? choice["allowed_tools"]
    : undefined;

/** @throws Refusal when a tool, its schema or the choice is wrong. */
export const readTools = (body: JsonRecord): ReadTools => {
  const given = body["tools"] ?? undefined;
  if (given !== undefined && !Array.isArray(given))
    return refuse("Invalid type for 'tools': expected an array.", "tools", "invalid_type");
  if (given?.length === 0) return refuse("Invalid 'tools': empty array.", "tools", "empty_array");
  if (given === undefined && Array.isArray(body["functions"])) {
    const tools = body["functions"].map((item: unknown, index) =>
      readFunction(isRecord(item) ? item : {}, `functions[${index}]`, false),
    );
    return {
      tools,
      toolChoice: readChoice(body["function_call"], tools, "function_call"),
      parallelCalls: false,
      legacy: true,
    };
  }
  const tools = asArray(given).map((tool, index) => readTool(tool, `tools[${index}]`));
  const parallelCalls = body["parallel_tool_calls"] !== false;
  const allowed = allowedTools(body["tool_choice"]);
  if (allowed === undefined) {
    return { tools, toolChoice: readChoice(body["tool_choice"], tools, "tool_choice"), parallelCalls, legacy: false };
  }
  const names = asArray(allowed["tools"]).map((item) => readChoice(item, tools, "tool_choice"));
  const kept = tools.filter((tool) => names.some((name) => typeof name === "object" && name.name === tool.name));
  return {
    tools: kept,
    toolChoice: allowed["mode"] === "required" ? "required" : "auto",
    parallelCalls,
    legacy: false,
  };
};
