import type { ChatRequest, FunctionTool, JsonSchema, Tool } from "../../chat/request.ts";
import { isObject, present } from "../fields.ts";
import type { Losses } from "../losses.ts";
import { encodeCacheHint, type Block } from "./encode-content.ts";
import { dialectId } from "./identity.ts";
import type { ModelTraits } from "./model-traits.ts";
import { adaptSchema } from "./output-schema.ts";

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
  const tools = offered.flatMap((tool) => encodeTool(tool, isOwn, traits, losses));
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
  losses.meaning("tools", tool.type === "custom" ? "it has no tools with free text as input" : "it lacks such a tool");
  return [];
};

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

// Other keys at the top are refused: `anyOf` and its like, and whatever a schema generator adds of its own.
const topLevelKeys: ReadonlySet<string> = new Set([
  "type",
  "properties",
  "required",
  "additionalProperties",
  "description",
  "title",
  "$defs",
  "definitions",
]);

/** An input schema describes an object, whatever else it says. */
const toInputSchema = (parameters: JsonSchema | undefined): JsonSchema =>
  parameters === undefined || Object.keys(parameters).length === 0
    ? { type: "object", properties: {} }
    : {
        ...Object.fromEntries(Object.entries(parameters).filter(([key]) => topLevelKeys.has(key))),
        type: "object",
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

const toolsOfHistory = ({ messages }: ChatRequest): Block[] => {
  const names = new Set<string>();
  for (const { parts } of messages) for (const part of parts) if (part.type === "tool-call") names.add(part.name);
  return [...names].map((name) => ({ name, input_schema: { type: "object", properties: {} } }));
};
