import { asArray, isRecord, type JsonRecord } from "../../json.ts";
import type { Tool, ToolChoice } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";
import { readChoice, readFunction } from "../openai/tools.ts";

/** Tools that run at the provider. They are taken and never used. */
const hostedTypes =
  /^(?:web_search|file_search|code_interpreter|image_generation|computer|mcp|local_shell|shell|apply_patch|namespace|tool_search|programmatic_tool_calling)/u;

const readTool = (tool: unknown, at: string): readonly Tool[] => {
  const type = isRecord(tool) ? tool["type"] : undefined;
  if (!isRecord(tool) || typeof type !== "string") {
    return refuse(`Missing required parameter: '${at}.type'.`, `${at}.type`, "missing_required_parameter");
  }
  if (type === "custom") return [readFunction(tool, at, true)];
  // Unlike in chats, a schema is kept to unless that is not wanted.
  if (type === "function") return [readFunction({ ...tool, strict: tool["strict"] ?? true }, at, false)];
  return hostedTypes.test(type) ? [] : refuse(`Invalid value: '${type}' for '${at}.type'.`, `${at}.type`);
};

/** The tools on offer and the choice among them. */
interface ReadTools {
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice;
  readonly parallelCalls: boolean;
}

/** @throws Refusal when a tool, its schema or the choice is wrong. */
export const readTools = (body: JsonRecord): ReadTools => {
  const given = body["tools"] ?? [];
  if (!Array.isArray(given)) return refuse("Invalid type for 'tools': expected an array.", "tools", "invalid_type");
  const tools = given.flatMap((tool: unknown, index) => readTool(tool, `tools[${index}]`));
  const parallelCalls = body["parallel_tool_calls"] !== false;
  const choice = body["tool_choice"];
  const type = isRecord(choice) ? String(choice["type"]) : undefined;
  if (type !== undefined && hostedTypes.test(type)) return { tools, toolChoice: "auto", parallelCalls };
  if (!isRecord(choice) || type !== "allowed_tools") {
    // With nothing but tools of the provider on offer there is something to choose, though nothing to call.
    const isOpen = tools.length === 0 && given.length > 0;
    return { tools, toolChoice: isOpen ? "auto" : readChoice(choice, tools, "tool_choice"), parallelCalls };
  }
  const names = asArray(choice["tools"]).map((item) => readChoice(item, tools, "tool_choice"));
  return {
    tools: tools.filter((tool) => names.some((name) => typeof name === "object" && name.name === tool.name)),
    toolChoice: choice["mode"] === "required" ? "required" : "auto",
    parallelCalls,
  };
};
