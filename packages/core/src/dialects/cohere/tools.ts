import type { ChatRequest, FunctionTool, ToolChoice } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, present } from "../fields.ts";
import { nameForeignToolFields } from "../foreign-fields.ts";
import type { Losses } from "../losses.ts";
import { offeredFunctions } from "../tool-choice.ts";

/** The tools of a request and the choice among them; all absent where it offers none. */
export interface EncodedTools {
  readonly tools?: readonly Json[];
  readonly toolChoice?: "REQUIRED" | "NONE";
  readonly strictTools?: true;
}

/** Functions and the choice among them. The provider can be made to call some tool, but not a certain one. */
export const encodeTools = (request: ChatRequest, losses: Losses): EncodedTools => {
  const { toolChoice: choice } = request;
  const functions: FunctionTool[] = [];
  for (const tool of request.tools ?? []) {
    if (tool.type === "function") functions.push(tool);
    else if (tool.type === "custom") losses.meaning("tools", "it has no tools with free-text input");
    else losses.meaning("tools", "one of them is run by another provider");
  }
  const offered = offeredFunctions(functions, choice);
  if (choice?.type === "tool" && offered.length === 0) losses.meaning("tool_choice", "it names no tool of the request");
  if (offered.length === 0) return {};
  nameForeignToolFields(request, losses);
  const tools = offered.map(encodeTool);
  if (request.parallelToolCalls === false) losses.tuning("parallel_tool_calls");
  return present({ tools, toolChoice: encodeChoice(choice), strictTools: strictTools(offered, losses) });
};

const encodeTool = ({ name, description, parameters = { type: "object", properties: {} } }: FunctionTool): Json => ({
  type: "function",
  function: present({ name, description, parameters }),
});

const encodeChoice = (choice: ToolChoice | undefined): EncodedTools["toolChoice"] | undefined => {
  switch (choice?.type) {
    case "none":
      return "NONE";
    case "required":
    case "tool":
      return "REQUIRED";
    case "allowed":
      return choice.mode === "required" ? "REQUIRED" : undefined;
    default:
      return undefined;
  }
};

/** All tools are held to their schemas or none, and none may be that has no required parameter. */
const strictTools = (offered: readonly FunctionTool[], losses: Losses): true | undefined => {
  if (!offered.some(({ strict }) => strict === true)) return undefined;
  if (offered.every(({ strict, parameters = {} }) => strict === true && arrayIn(parameters, "required").length > 0)) {
    return true;
  }
  losses.tuning("tools[].strict");
  return undefined;
};
