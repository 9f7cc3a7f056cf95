import type { ChatRequest, FunctionTool, ToolChoice, WebSearch } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import { isObject } from "../fields.ts";
import type { Losses } from "../losses.ts";
import { writeWebSearch } from "../web-search.ts";
import { dialectId } from "./identity.ts";
import { toJsonSchema } from "./json-schema.ts";
import type { ModelTraits } from "./model-traits.ts";
import { toOpenApiSchema } from "./openapi-schema.ts";

/** `tools` and `toolConfig` of a request; both absent where it has no tools. */
export interface EncodedTools {
  readonly tools?: readonly unknown[];
  readonly toolConfig?: Json;
}

/** Functions as one list of declarations, tools of the provider's own as they are, and the choice among them. */
export const encodeTools = (request: ChatRequest, traits: ModelTraits, losses: Losses): EncodedTools => {
  const functions: FunctionTool[] = [];
  const others: unknown[] = [];
  for (const tool of request.tools ?? []) {
    if (tool.type === "function") functions.push(tool);
    else if (tool.type === "opaque" && tool.dialect === dialectId) others.push(tool.value);
    else if (tool.type === "opaque" && tool.search !== undefined) others.push(encodeSearch(tool.search, losses));
    else if (tool.type === "custom") losses.meaning("tools", "it has no tools with free-text input");
    else losses.meaning("tools", "one of them is run by another provider");
  }
  const choice = request.toolChoice;
  const offered = offeredFunctions(functions, choice, traits);
  const tools =
    offered.length === 0
      ? others
      : [{ functionDeclarations: offered.map(declare(traits, request.dialect === dialectId)) }, ...others];
  if (tools.length === 0) return {};
  if (request.parallelToolCalls === false) losses.tuning("parallel_tool_calls");
  // A calling config without functions is refused.
  const functionCallingConfig = offered.length === 0 ? undefined : encodeChoice(choice, offered, traits, losses);
  return { tools, ...(functionCallingConfig === undefined ? {} : { toolConfig: { functionCallingConfig } }) };
};

/** Its search takes none of the settings that others have. */
const encodeSearch = (search: WebSearch, losses: Losses): Json => ({
  googleSearch: writeWebSearch(search, [], losses),
});

/** Models without `VALIDATED` cannot be held to some functions and stay free to call none: those are all they see. */
const offeredFunctions = (
  functions: readonly FunctionTool[],
  choice: ToolChoice | undefined,
  { validatedCalls }: ModelTraits,
): readonly FunctionTool[] =>
  choice?.type === "allowed" && choice.mode === "auto" && !validatedCalls
    ? functions.filter(({ name }) => choice.names.includes(name))
    : functions;

const declare =
  ({ jsonSchema }: ModelTraits, isOwn: boolean) =>
  ({ name, description, parameters, extras }: FunctionTool): Json => {
    const declaration = { ...(isOwn ? extras : {}), name, description: description ?? "" };
    // A function without parameters has no schema at all.
    if (parameters === undefined || takesNothing(parameters)) return declaration;
    return jsonSchema
      ? { ...declaration, parametersJsonSchema: toJsonSchema(parameters) }
      : { ...declaration, parameters: toOpenApiSchema(parameters) };
  };

const takesNothing = ({ type, properties, $ref, anyOf, oneOf, allOf, additionalProperties }: Json): boolean =>
  (type === undefined || type === "object") &&
  (properties === undefined || (isObject(properties) && Object.keys(properties).length === 0)) &&
  [$ref, anyOf, oneOf, allOf].every((keyword) => keyword === undefined) &&
  (additionalProperties === undefined || additionalProperties === false);

const encodeChoice = (
  choice: ToolChoice | undefined,
  offered: readonly FunctionTool[],
  { validatedCalls }: ModelTraits,
  losses: Losses,
): Json | undefined => {
  const strict = offered.some((tool) => tool.strict === true);
  // `ANY` always holds calls to their schema; left to its choice, the model is only held to it in `VALIDATED`.
  const heldToSchema = (): Json | undefined => {
    if (strict && !validatedCalls) losses.tuning("tools.strict");
    return strict && validatedCalls ? { mode: "VALIDATED" } : undefined;
  };
  switch (choice?.type) {
    case undefined:
      return heldToSchema();
    case "auto":
      return heldToSchema() ?? { mode: "AUTO" };
    case "none":
      return { mode: "NONE" };
    case "required":
      return { mode: "ANY" };
    case "tool":
      if (choice.kind === "custom") {
        losses.meaning("tool_choice", "it has no custom tools");
        return undefined;
      }
      return { mode: "ANY", allowedFunctionNames: [choice.name] };
    case "allowed":
      if (choice.mode === "required") return { mode: "ANY", allowedFunctionNames: choice.names };
      // `AUTO` does not take names; `VALIDATED` is the mode in which the model stays free to answer in text.
      return validatedCalls ? { mode: "VALIDATED", allowedFunctionNames: choice.names } : { mode: "AUTO" };
  }
};
