import type { ChatRequest, FunctionTool, Tool, WebSearch } from "../../chat/request.ts";
import { encodeCacheHint } from "../cache-control.ts";
import { isObject, present } from "../fields.ts";
import type { Losses } from "../losses.ts";
import { toInputSchema } from "../claude/input-schema.ts";
import type { ModelTraits } from "../claude/model-traits.ts";
import { adaptSchema } from "../claude/output-schema.ts";
import { limitStrict } from "../claude/strict-tools.ts";
import { namesOfCalls } from "../tool-calls.ts";
import type { Block } from "../turns.ts";
import { writeWebSearch } from "../web-search.ts";
import { dialectId } from "./identity.ts";

export interface EncodedTools {
  readonly tools?: readonly Block[];
  readonly choice?: Block;
  /** The choice leaves the model no way but to call a tool. */
  readonly forcesTool: boolean;
}

/** Writes the tools and which of them may or must be called. */
export const encodeTools = (request: ChatRequest, traits: ModelTraits, losses: Losses): EncodedTools => {
  const isOwn = request.dialect === dialectId;
  const { toolChoice } = request;
  const allowed = toolChoice?.type === "allowed" ? new Set(toolChoice.names) : undefined;
  const offered = (request.tools ?? []).filter(
    (tool) => allowed === undefined || tool.type === "opaque" || allowed.has(tool.name),
  );
  const encoded = offered.flatMap((tool) => encodeTool(tool, isOwn, traits, losses));
  const tools = isOwn ? encoded : limitStrict(encoded, (tool) => tool["input_schema"], losses);
  if (tools.length > 0) {
    const choice = encodeChoice(request, traits, losses);
    return { tools, ...(choice && { choice }), forcesTool: choice?.["type"] === "any" || choice?.["type"] === "tool" };
  }
  // Calls in the history are refused without a declaration of their tools, which are not offered any more.
  const called = toolsOfHistory(request);
  return called.length === 0 ? { forcesTool: false } : { tools: called, choice: { type: "none" }, forcesTool: false };
};

const encodeTool = (tool: Tool, isOwn: boolean, traits: ModelTraits, losses: Losses): Block[] => {
  if (tool.type === "function") return [encodeFunction(tool, isOwn, traits, losses)];
  if (tool.type === "opaque" && tool.dialect === dialectId && isObject(tool.value)) return [{ ...tool.value }];
  if (tool.type === "opaque" && tool.search !== undefined) return [encodeSearch(tool.search, losses)];
  losses.meaning("tools", tool.type === "custom" ? "it has no tools with free text as input" : "it lacks such a tool");
  return [];
};

/** The version that all models have which search at all. */
const searchTool = { type: "web_search_20250305", name: "web_search" };
const searchSettings = ["allowedDomains", "blockedDomains", "maxUses", "location"] as const;

const encodeSearch = (search: WebSearch, losses: Losses): Block => ({
  ...searchTool,
  ...writeWebSearch(search, searchSettings, losses),
});

const encodeFunction = (tool: FunctionTool, isOwn: boolean, traits: ModelTraits, losses: Losses): Block => {
  const { parameters } = tool;
  const takesStrict = traits.structuredOutput || isOwn;
  if (tool.strict === true && !takesStrict) losses.tuning("tools.strict");
  const isAdapted = tool.strict === true && takesStrict && !isOwn;
  const schema = isOwn ? parameters : toInputSchema(parameters);
  return present({
    ...(isOwn ? tool.extras : undefined),
    name: tool.name,
    description: tool.description,
    input_schema: schema && isAdapted ? adaptSchema(schema, "tools", losses) : schema,
    strict: takesStrict ? tool.strict : undefined,
    cache_control: encodeCacheHint(tool.cacheHint),
  });
};

const encodeChoice = (request: ChatRequest, traits: ModelTraits, losses: Losses): Block | undefined => {
  const oneAtATime = request.parallelToolCalls === false ? { disable_parallel_tool_use: true } : undefined;
  const wanted = toNativeChoice(request.toolChoice) ?? (oneAtATime && { type: "auto" });
  if (wanted === undefined || wanted["type"] === "none") return wanted;
  if (wanted["type"] !== "auto" && traits.noForcedTools === true) {
    losses.meaning("tool_choice", "this model decides by itself whether to call a tool");
    return { type: "auto", ...oneAtATime };
  }
  return { ...wanted, ...oneAtATime };
};

const toNativeChoice = (choice: ChatRequest["toolChoice"]): Block | undefined => {
  if (choice === undefined) return undefined;
  switch (choice.type) {
    case "required":
      return { type: "any" };
    case "tool":
      return { type: "tool", name: choice.name };
    case "allowed":
      return { type: choice.mode === "required" ? "any" : "auto" };
    default:
      return { type: choice.type };
  }
};

const toolsOfHistory = ({ messages }: ChatRequest): Block[] =>
  namesOfCalls(messages).map((name) => ({ name, input_schema: toInputSchema(undefined) }));
