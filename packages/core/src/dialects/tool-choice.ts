import type { FunctionTool, ToolChoice } from "../chat/request.ts";

/** For dialects that cannot name tools in a choice: who is named is all the model gets to see. */
export const offeredFunctions = (
  functions: readonly FunctionTool[],
  choice: ToolChoice | undefined,
): readonly FunctionTool[] => {
  if (choice?.type === "tool") return functions.filter(({ name }) => name === choice.name);
  if (choice?.type === "allowed") return functions.filter(({ name }) => choice.names.includes(name));
  return functions;
};

/** Whether a choice leaves the model no way but to call a tool. */
export const isForced = (choice: ToolChoice | undefined): boolean =>
  choice?.type === "required" || choice?.type === "tool" || (choice?.type === "allowed" && choice.mode === "required");
