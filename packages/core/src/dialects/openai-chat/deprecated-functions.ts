import { sourceOf, type ChatRequest } from "../../chat/request.ts";
import { dialectId } from "./identity.ts";

/** Whether the client wrote `functions` and so looks for `function_call` in the answer instead of `tool_calls`. */
export const expectsFunctionCall = (request: ChatRequest): boolean => {
  const source = sourceOf(request);
  return source?.dialect === dialectId && Array.isArray(source.body["functions"]);
};
