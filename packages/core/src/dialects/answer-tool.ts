import type { ChatRequest, FunctionTool, JsonSchema, OutputFormat, ToolChoice } from "../chat/request.ts";
import { isObject } from "./fields.ts";
import { isForced } from "./tool-choice.ts";

/** The tool whose arguments are the answer, for models that can be held to a tool's schema but not to one of the answer. */
export const answerToolName = "give_answer";

const description =
  "Gives the answer. Call it once, when nothing else is left to do; its arguments are all the user gets.";

/**
 * The request with a tool in the place of its output format, and a choice that leaves no way but to call a tool.
 * `translate-stream` makes text of the call again. `undefined` where a tool cannot stand for the format: a schema that
 * describes no object, a client with a tool of that name, or one that wants another tool called in any case.
 */
export const withAnswerTool = (request: ChatRequest): ChatRequest | undefined => {
  const { outputFormat, tools = [], toolChoice, ...rest } = request;
  const parameters = parametersOf(outputFormat);
  if (parameters === undefined || isForced(toolChoice) || !allowsAnswerTool(request)) return undefined;
  const said = outputFormat?.type === "json-schema" ? outputFormat.description : undefined;
  const tool: FunctionTool = {
    type: "function",
    name: answerToolName,
    description: said === undefined ? description : `${description} ${said}`,
    parameters,
  };
  return { ...rest, tools: [...tools, tool], toolChoice: choiceWith(toolChoice, tools.length > 0) };
};

/** Whether a call of that name can only be the answer: the client has no such tool, and asked for a format. */
export const allowsAnswerTool = ({ outputFormat, tools = [] }: ChatRequest): boolean =>
  outputFormat !== undefined &&
  outputFormat.type !== "text" &&
  !tools.some((tool) => tool.type !== "opaque" && tool.name === answerToolName);

const parametersOf = (format: OutputFormat | undefined): JsonSchema | undefined => {
  if (format?.type === "json") return { type: "object", additionalProperties: true };
  if (format?.type !== "json-schema") return undefined;
  const { type, properties } = format.schema;
  return type === "object" || (type === undefined && isObject(properties)) ? format.schema : undefined;
};

const choiceWith = (choice: ToolChoice | undefined, hasTools: boolean): ToolChoice => {
  if (choice?.type === "allowed")
    return { type: "allowed", mode: "required", names: [...choice.names, answerToolName] };
  return hasTools && choice?.type !== "none" ? { type: "required" } : { type: "tool", name: answerToolName };
};
