import type { ChatRequest, FunctionTool, Tool, ToolChoice, WebSearch } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import {
  invalidValue,
  isObject,
  present,
  readArray,
  readObject,
  readString,
  readStrings,
  required,
  restOf,
} from "../fields.ts";
import { readWebSearch } from "../web-search.ts";
import { dialectId } from "./identity.ts";
import { camelKeys, listOf } from "./keys.ts";
import { readOpenApiSchema } from "./read-openapi-schema.ts";

/** Function declarations become functions; the tools beside them are the provider's own, and stay what they are. */
export const decodeTools = (value: unknown): readonly Tool[] | undefined =>
  readArray(listOf(value), "tools")?.flatMap((written, index) => {
    const param = `tools[${index}]`;
    if (!isObject(written)) throw invalidValue(param, "a tool", written);
    const tool = camelKeys(written);
    const field = `${param}.functionDeclarations`;
    const declared = readArray(listOf(tool["functionDeclarations"]), field) ?? [];
    const functions = declared.map((declaration, at) => decodeDeclaration(declaration, `${field}[${at}]`));
    const others = restOf(tool, new Set(["functionDeclarations"]));
    if (others === undefined) return functions;
    return [
      ...functions,
      present({ type: "opaque" as const, dialect: dialectId, value: others, search: searchOf(others) }),
    ];
  });

const searchOf = ({ googleSearch, ...others }: Json): WebSearch | undefined => {
  if (!isObject(googleSearch) || Object.keys(others).length > 0) return undefined;
  const { excludeDomains, ...settings } = camelKeys(googleSearch);
  return readWebSearch({ ...settings, ...(excludeDomains === undefined ? {} : { blocked_domains: excludeDomains }) });
};

const declarationFields: ReadonlySet<string> = new Set(["name", "description", "parameters", "parametersJsonSchema"]);

const decodeDeclaration = (written: unknown, param: string): FunctionTool => {
  if (!isObject(written)) throw invalidValue(param, "a function declaration", written);
  const declaration = camelKeys(written);
  const schema = readObject(declaration["parameters"], `${param}.parameters`);
  return present({
    type: "function" as const,
    name: required(readString(declaration["name"], `${param}.name`), `${param}.name`, "the name of the function"),
    description: readString(declaration["description"], `${param}.description`),
    parameters:
      readObject(declaration["parametersJsonSchema"], `${param}.parametersJsonSchema`) ??
      (schema && readOpenApiSchema(schema)),
    extras: restOf(declaration, declarationFields),
  });
};

/** `toolConfig`: the choice among the functions, and what is left of the field. */
export const decodeToolConfig = (
  value: unknown,
): Pick<ChatRequest, "toolChoice"> & { readonly rest?: Json | undefined } => {
  const written = readObject(value, "toolConfig");
  if (written === undefined) return {};
  const config = camelKeys(written);
  const field = "toolConfig.functionCallingConfig";
  const calling = camelKeys(readObject(config["functionCallingConfig"], field) ?? {});
  const mode = readString(calling["mode"], `${field}.mode`)?.toUpperCase();
  const names = readStrings(calling["allowedFunctionNames"], `${field}.allowedFunctionNames`) ?? [];
  const toolChoice = choiceOf(mode, names);
  const rest = restOf(config, new Set(["functionCallingConfig"]));
  // A mode without a counterpart is this dialect's alone.
  const unsaid = toolChoice === undefined ? calling : restOf(calling, new Set(["mode", "allowedFunctionNames"]));
  const left = isObject(unsaid) && Object.keys(unsaid).length > 0 ? { functionCallingConfig: unsaid } : {};
  const all = { ...rest, ...left };
  return present({ toolChoice, rest: Object.keys(all).length === 0 ? undefined : all });
};

const choiceOf = (mode: string | undefined, names: readonly string[]): ToolChoice | undefined => {
  const [first, ...more] = names;
  switch (mode) {
    case "AUTO":
      return names.length === 0 ? { type: "auto" } : undefined;
    case "NONE":
      return { type: "none" };
    case "ANY":
      if (first === undefined) return { type: "required" };
      return more.length === 0 ? { type: "tool", name: first } : { type: "allowed", mode: "required", names };
    case "VALIDATED":
      return first === undefined ? undefined : { type: "allowed", mode: "auto", names };
    default:
      return undefined;
  }
};
