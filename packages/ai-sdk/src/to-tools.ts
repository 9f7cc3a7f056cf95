import type { JSONSchema7, LanguageModelV4CallOptions } from "@ai-sdk/provider";
import type { ChatInput, FunctionTool, JsonSchema, Tool } from "@llm-gateway/core";
import { ownFields } from "./own.ts";
import { present } from "./present.ts";
import type { Warn } from "./warn.ts";

/** Tools and the choice among them; neither where there is no tool to choose. */
export const toTools = (
  { tools = [], toolChoice }: Pick<LanguageModelV4CallOptions, "tools" | "toolChoice">,
  warn: Warn,
): Pick<ChatInput, "tools" | "toolChoice"> => {
  const offered = tools.flatMap((tool) => toTool(tool, warn) ?? []);
  if (offered.length === 0) return {};
  if (toolChoice === undefined) return { tools: offered };
  return {
    tools: offered,
    toolChoice: toolChoice.type === "tool" ? { type: "tool", name: toolChoice.toolName } : { type: toolChoice.type },
  };
};

const toTool = (tool: NonNullable<LanguageModelV4CallOptions["tools"]>[number], warn: Warn): Tool | undefined => {
  if (tool.type === "provider") {
    warn(`tool ${tool.id}`, "It runs at one provider only, and the gateway may ask any.");
    return undefined;
  }
  const { name, description, inputSchema, inputExamples, strict, providerOptions } = tool;
  if (inputExamples !== undefined) {
    warn(`input examples of tool ${name}`, "Put them into its description, as addToolInputExamplesMiddleware() does.");
  }
  return {
    type: "function",
    name,
    parameters: toJsonSchema(inputSchema),
    ...present({ description, strict }),
    ...ownFields<FunctionTool>(providerOptions, ["cacheHint"]),
  };
};

/** A schema is a plain object whose keys the gateway does not know one by one. */
export const toJsonSchema = (schema: JSONSchema7): JsonSchema => ({ ...schema });
