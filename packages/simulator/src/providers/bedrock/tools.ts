import { asArray, isRecord } from "../../json.ts";
import type { Tool, ToolChoice } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";
import { kindOf } from "./blocks.ts";

const namePattern = /^[a-zA-Z0-9_-]{1,64}$/u;

const readTool = (tool: unknown, at: string): readonly Tool[] => {
  const [kind, value] = kindOf(tool, at);
  if (kind === "cachePoint" || kind === "systemTool") return [];
  if (kind !== "toolSpec" || !isRecord(value)) return refuse(`The value at ${at} must be a toolSpec.`);
  const { name, description } = value;
  if (typeof name !== "string" || !namePattern.test(name)) {
    return refuse(`The value at ${at}.toolSpec.name must be 1 to 64 letters, digits, '_' and '-'.`);
  }
  if (description === "") return refuse(`The value at ${at}.toolSpec.description must have at least one letter.`);
  const [form, schema] = kindOf(value["inputSchema"], `${at}.toolSpec.inputSchema`);
  if (form !== "json" || !isRecord(schema) || schema["type"] !== "object") {
    return refuse(`The value at ${at}.toolSpec.inputSchema.json.type must be object.`);
  }
  return [{ name, description: String(description ?? ""), schema }];
};

const readChoice = (choice: unknown, tools: readonly Tool[]): ToolChoice => {
  if (choice === undefined) return "auto";
  const [kind, value] = kindOf(choice, "toolConfig.toolChoice");
  if (kind === "auto") return "auto";
  if (kind === "any") return "required";
  const name = kind === "tool" && isRecord(value) ? value["name"] : undefined;
  const named = tools.find((tool) => tool.name === name);
  return named === undefined
    ? refuse("The value at toolConfig.toolChoice names no tool that is offered.")
    : { name: named.name };
};

/** @throws Refusal when a tool or the choice is wrong, or none is offered where the messages speak of tools. */
export const readTools = (
  config: unknown,
  mentionsTools: boolean,
): { readonly tools: readonly Tool[]; readonly toolChoice: ToolChoice } => {
  if (config === undefined) {
    return mentionsTools
      ? refuse("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
      : { tools: [], toolChoice: "auto" };
  }
  const given = isRecord(config) ? asArray(config["tools"]) : [];
  if (!isRecord(config) || given.length === 0) return refuse("The value at toolConfig.tools must not be empty.");
  const tools = given.flatMap((tool, index) => readTool(tool, `toolConfig.tools.${index}`));
  return { tools, toolChoice: readChoice(config["toolChoice"], tools) };
};
