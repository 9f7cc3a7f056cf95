import { asArray, isRecord, type JsonRecord } from "../../json.ts";
import type { Tool, ToolChoice } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";
import { openObjectFault } from "../strict-schema.ts";

const namePattern = /^[a-zA-Z0-9_-]{1,128}$/u;
const mostStrictTools = 20;

const isClientTool = (tool: JsonRecord): boolean => (tool["type"] ?? "custom") === "custom";

const readTool = (tool: JsonRecord, path: string): Tool => {
  const name = tool["name"];
  if (typeof name !== "string" || !namePattern.test(name)) {
    return refuse("String should match pattern '^[a-zA-Z0-9_-]{1,128}$'", `${path}.name`);
  }
  const schema = tool["input_schema"];
  if (!isRecord(schema)) return refuse("Field required", `${path}.input_schema`);
  if (schema["type"] !== "object") return refuse("Input should be 'object'", `${path}.input_schema.type`);
  const fault = tool["strict"] === true ? openObjectFault(schema) : undefined;
  if (fault !== undefined) return refuse(fault, `${path}.input_schema`);
  return { name, description: String(tool["description"] ?? ""), schema };
};

const readChoice = (choice: unknown, tools: readonly Tool[], hasTools: boolean): ToolChoice => {
  if (choice === undefined || choice === null) return "auto";
  if (!isRecord(choice)) return refuse("Input should be an object", "tool_choice");
  if (!hasTools && choice["type"] !== "none")
    return refuse("may only be specified while providing tools", "tool_choice");
  if (choice["type"] === "auto" || choice["type"] === "none") return choice["type"];
  if (choice["type"] === "any") return "required";
  const named = choice["type"] === "tool" ? tools.find((tool) => tool.name === choice["name"]) : undefined;
  return named === undefined ? refuse("names no tool that was provided", "tool_choice") : { name: named.name };
};

/** @throws Refusal when a tool or the choice is wrong. */
export const readTools = (
  body: JsonRecord,
): { readonly tools: readonly Tool[]; readonly toolChoice: ToolChoice; readonly parallelCalls: boolean } => {
  const given = body["tools"] ?? [];
  if (!Array.isArray(given)) return refuse("Input should be a valid list", "tools");
  const tools = given.flatMap((tool: unknown, index) => {
    if (!isRecord(tool)) return refuse("Input should be an object", `tools.${index}`);
    return isClientTool(tool) ? [readTool(tool, `tools.${index}.custom`)] : [];
  });
  const repeated = tools.find((tool, index) => tools.findIndex(({ name }) => name === tool.name) !== index);
  if (repeated !== undefined) refuse("Tool names must be unique.", "tools");
  if (given.filter((tool) => isRecord(tool) && tool["strict"] === true).length > mostStrictTools) {
    refuse(`at most ${mostStrictTools} strict tools are supported`, "tools");
  }
  const choice = body["tool_choice"];
  const toolChoice = readChoice(choice, tools, given.length > 0 || asArray(body["mcp_servers"]).length > 0);
  const thinking = body["thinking"];
  if (
    isRecord(thinking) &&
    thinking["type"] === "enabled" &&
    (toolChoice === "required" || typeof toolChoice === "object")
  ) {
    refuse("Thinking may not be enabled when tool_choice forces tool use.");
  }
  return { tools, toolChoice, parallelCalls: !(isRecord(choice) && choice["disable_parallel_tool_use"] === true) };
};
