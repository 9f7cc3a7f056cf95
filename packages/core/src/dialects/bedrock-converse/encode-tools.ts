import type { ChatRequest, FunctionTool, JsonSchema, Tool, ToolChoice } from "../../chat/request.ts";
import { toInputSchema } from "../claude/input-schema.ts";
import { adaptSchema } from "../claude/output-schema.ts";
import { isObject, present } from "../fields.ts";
import type { Losses } from "../losses.ts";
import { namesOfCalls } from "../tool-calls.ts";
import { isForced } from "../tool-choice.ts";
import type { Block } from "../turns.ts";
import { writeWebSearch } from "../web-search.ts";
import { cachePointAfter } from "./cache-points.ts";
import { dialectId } from "./identity.ts";
import type { ModelTraits } from "./model-traits.ts";

export interface EncodedTools {
  /** Tools and the cache points among them. */
  readonly tools: Block[];
  readonly toolChoice?: Block;
  /** The choice in Claude's own words, for what Converse's cannot say. It stands in place of `toolChoice`. */
  readonly claudeChoice?: Block;
  /** The choice leaves the model no way but to call a tool. */
  readonly forcesTool: boolean;
}

/** Writes the tools and which of them may or must be called. */
export const encodeTools = (request: ChatRequest, traits: ModelTraits, losses: Losses): EncodedTools => {
  const { parallelToolCalls } = request;
  const called = namesOfCalls(request.messages);
  const tools = offeredTools(request).flatMap((tool) => encodeTool(tool, traits, losses));
  // A history with calls is refused without a declaration of their tools.
  if (tools.length === 0) return { tools: called.map((name) => declare({ name })), forcesTool: false };
  const choice = possibleChoice(request.toolChoice, traits, losses);
  if (choice?.type === "none" && called.length === 0) return { tools: [], forcesTool: false };
  const forcesTool = isForced(choice);
  if (traits.claude !== undefined && (choice?.type === "none" || parallelToolCalls === false)) {
    return { tools, claudeChoice: toClaudeChoice(choice), forcesTool };
  }
  if (parallelToolCalls === false) losses.tuning("parallel_tool_calls");
  if (choice?.type === "none") losses.tuning("tool_choice");
  const toolChoice = toNativeChoice(choice);
  return { tools, ...(toolChoice === undefined ? {} : { toolChoice }), forcesTool };
};

const possibleChoice = (
  choice: ToolChoice | undefined,
  { claude }: ModelTraits,
  losses: Losses,
): ToolChoice | undefined => {
  if (claude?.noForcedTools !== true || !isForced(choice)) return choice;
  losses.meaning("tool_choice", "this model decides by itself whether to call a tool");
  return { type: "auto" };
};

/** There is no choice among some of the tools: those are then all the model sees. */
const offeredTools = ({ tools = [], toolChoice }: ChatRequest): readonly Tool[] => {
  if (toolChoice?.type !== "allowed") return tools;
  return tools.filter((tool) => tool.type === "opaque" || toolChoice.names.includes(tool.name));
};

const encodeTool = (tool: Tool, traits: ModelTraits, losses: Losses): Block[] => {
  if (tool.type === "function") {
    return [encodeFunction(tool, traits, losses), ...cachePointAfter(tool.cacheHint, "tools", traits, losses)];
  }
  if (tool.type === "opaque" && tool.dialect === dialectId && isObject(tool.value)) return [{ ...tool.value }];
  if (tool.type === "opaque" && tool.search !== undefined && traits.webSearch !== undefined) {
    writeWebSearch(tool.search, [], losses);
    return [{ systemTool: { name: traits.webSearch } }];
  }
  losses.meaning("tools", tool.type === "custom" ? "it has no tools with free text as input" : "it lacks such a tool");
  return [];
};

const encodeFunction = (tool: FunctionTool, { structuredOutput }: ModelTraits, losses: Losses): Block => {
  const { name, description, parameters, strict = false } = tool;
  if (strict && !structuredOutput) losses.tuning("tools.strict");
  const isHeld = strict && structuredOutput;
  const schema = toInputSchema(parameters);
  return declare({ name, description, schema: isHeld ? adaptSchema(schema, "tools", losses) : schema, isHeld });
};

interface Declaration {
  readonly name: string;
  readonly description?: string | undefined;
  readonly schema?: JsonSchema;
  /** Calls are held to the schema. */
  readonly isHeld?: boolean;
}

const declare = ({ name, description, schema = toInputSchema(undefined), isHeld = false }: Declaration): Block => ({
  toolSpec: present({
    name: name,
    // An empty one is refused.
    description: description === "" ? undefined : description,
    inputSchema: { json: schema },
    strict: isHeld ? true : undefined,
  }),
});

const toNativeChoice = (choice: ToolChoice | undefined): Block | undefined => {
  switch (choice?.type) {
    case "auto":
      return { auto: {} };
    case "required":
      return { any: {} };
    case "tool":
      return { tool: { name: choice.name } };
    case "allowed":
      return choice.mode === "required" ? { any: {} } : { auto: {} };
    default:
      return undefined;
  }
};

const toClaudeChoice = (choice: ToolChoice | undefined): Block => {
  if (choice?.type === "none") return { type: "none" };
  const { any, tool } = toNativeChoice(choice) ?? {};
  const claudes = isObject(tool) ? { type: "tool", ...tool } : { type: any === undefined ? "auto" : "any" };
  return { ...claudes, disable_parallel_tool_use: true };
};
