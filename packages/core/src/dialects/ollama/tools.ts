import type { ChatRequest, FunctionTool } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import { present } from "../fields.ts";
import type { Losses } from "../losses.ts";
import { isForced, offeredFunctions } from "../tool-choice.ts";
import { dialectId } from "./identity.ts";

/** The tools of a request; `undefined` where it offers none. There is no choice among them but the model's own. */
export const encodeTools = (request: ChatRequest, losses: Losses): readonly unknown[] | undefined => {
  const { toolChoice: choice } = request;
  if (choice?.type === "none") return undefined;
  const functions: FunctionTool[] = [];
  const others: unknown[] = [];
  for (const tool of request.tools ?? []) {
    if (tool.type === "function") functions.push(tool);
    else if (tool.type === "opaque" && tool.dialect === dialectId) others.push(tool.value);
    else if (tool.type === "custom") losses.meaning("tools", "it has no tools with free-text input");
    else losses.meaning("tools", "one of them is run by another provider");
  }
  if (isForced(choice)) losses.meaning("tool_choice", "it can not be made to call a tool");
  const tools = [...offeredFunctions(functions, choice).map((tool) => encodeTool(tool, losses)), ...others];
  if (tools.length === 0) return undefined;
  if (request.parallelToolCalls === false) losses.tuning("parallel_tool_calls");
  return tools;
};

const encodeTool = (tool: FunctionTool, losses: Losses): Json => {
  const { name, description, parameters = { type: "object", properties: {} }, strict, extras = {} } = tool;
  if (strict === true) losses.tuning("tools[].strict");
  for (const field of Object.keys(extras)) losses.tuning(`tools[].${field}`);
  return { type: "function", function: present({ name, description, parameters }) };
};
