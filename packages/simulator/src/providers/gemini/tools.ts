import { asArray, isRecord, type JsonRecord } from "../../json.ts";
import type { Tool, ToolChoice } from "../../model/prompt.ts";
import { refuse } from "../../problem.ts";
import { field } from "./fields.ts";

const namePattern = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/u;

const readDeclaration = (declaration: unknown, path: string): Tool => {
  if (!isRecord(declaration)) return refuse(`Invalid value at '${path}'`, path);
  const name = declaration["name"];
  if (typeof name !== "string" || !namePattern.test(name))
    return refuse(`Invalid function name at '${path}.name'.`, `${path}.name`);
  const older = field(declaration, "parameters");
  const newer = field(declaration, "parametersJsonSchema");
  if (older !== undefined && newer !== undefined) {
    return refuse(`Only one of 'parameters' and 'parameters_json_schema' may be set at '${path}'.`, path);
  }
  return { name, description: String(declaration["description"] ?? ""), schema: newer ?? older ?? { type: "object" } };
};

const readChoice = (config: JsonRecord, tools: readonly Tool[]): { tools: readonly Tool[]; toolChoice: ToolChoice } => {
  const mode = String(config["mode"] ?? "AUTO").toUpperCase();
  const names = asArray(field(config, "allowedFunctionNames"));
  if (names.length > 0 && mode !== "ANY" && mode !== "VALIDATED") {
    refuse("Please set allowed_function_names only when function calling mode is ANY.", "tool_config");
  }
  const unknown = names.find((name) => !tools.some((tool) => tool.name === name));
  if (unknown !== undefined)
    refuse(`allowed_function_names names '${String(unknown)}', which is not declared.`, "tool_config");
  const allowed = names.length === 0 ? tools : tools.filter((tool) => names.includes(tool.name));
  if (mode === "ANY" && allowed.length === 0)
    refuse("Function calling mode ANY needs function declarations.", "tool_config");
  const choices: Readonly<Record<string, ToolChoice>> = {
    MODE_UNSPECIFIED: "auto",
    AUTO: "auto",
    VALIDATED: "auto",
    ANY: "required",
    NONE: "none",
  };
  const toolChoice =
    choices[mode] ?? refuse(`Invalid value at 'tool_config.function_calling_config.mode': "${mode}"`, "tool_config");
  return { tools: allowed, toolChoice };
};

/** @throws Refusal when a declaration or the calling mode is wrong. */
export const readTools = (body: JsonRecord): { readonly tools: readonly Tool[]; readonly toolChoice: ToolChoice } => {
  const given = body["tools"] ?? [];
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const tools = list.flatMap((tool, index) =>
    asArray(isRecord(tool) ? field(tool, "functionDeclarations") : undefined).map((declaration, at) =>
      readDeclaration(declaration, `tools[${index}].function_declarations[${at}]`),
    ),
  );
  const config = field(body, "toolConfig");
  const calling = isRecord(config) ? field(config, "functionCallingConfig") : undefined;
  return readChoice(isRecord(calling) ? calling : {}, tools);
};
