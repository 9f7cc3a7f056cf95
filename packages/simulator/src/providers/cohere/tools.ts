import { isRecord, type JsonRecord } from "../../json.ts";
import type { Tool, ToolChoice } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";
import { refuseField } from "./fields.ts";

const functionFields: readonly string[] = ["name", "description", "parameters"];
const namePattern = /^[a-zA-Z_][a-zA-Z0-9_-]{0,127}$/u;

const readTool = (tool: unknown, index: number): Tool => {
  const at = `tools[${index}]`;
  const inner = isRecord(tool) && tool["type"] === "function" ? tool["function"] : undefined;
  if (!isRecord(inner)) return refuse(`invalid request: ${at} must be a function`);
  const unknown = Object.keys(inner).find((name) => !functionFields.includes(name));
  if (unknown !== undefined) return refuseField(unknown);
  const { name, parameters } = inner;
  if (typeof name !== "string" || !namePattern.test(name)) {
    return refuse(`invalid request: ${at}.function.name must be letters, digits, '_' and '-'`);
  }
  if (parameters !== undefined && (!isRecord(parameters) || parameters["type"] !== "object")) {
    return refuse(`invalid request: ${at}.function.parameters must be a schema of type 'object'`);
  }
  return {
    name,
    description: String(inner["description"] ?? ""),
    schema: parameters ?? { type: "object", properties: {} },
  };
};

const choices: Readonly<Record<string, ToolChoice>> = { REQUIRED: "required", NONE: "none" };

/** @throws Refusal when a tool or the choice is wrong. */
export const readTools = (body: JsonRecord): { readonly tools: readonly Tool[]; readonly toolChoice: ToolChoice } => {
  const given = body["tools"] ?? [];
  if (!Array.isArray(given)) return refuse("invalid request: tools must be a list");
  const tools = given.map(readTool);
  const choice = body["tool_choice"] ?? undefined;
  if (choice === undefined) return { tools, toolChoice: "auto" };
  const toolChoice = typeof choice === "string" && Object.hasOwn(choices, choice) ? choices[choice] : undefined;
  if (toolChoice === undefined) return refuse("invalid request: tool_choice must be REQUIRED or NONE");
  return tools.length === 0 ? refuse("invalid request: tool_choice needs tools") : { tools, toolChoice };
};
