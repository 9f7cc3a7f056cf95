import type { OutputFormat, Tool, ToolChoice, WebSearch } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import {
  invalidValue,
  isObject,
  objectIn,
  present,
  readArray,
  readBoolean,
  readObject,
  readString,
  required,
  restOf,
} from "../fields.ts";
import { readWebSearch } from "../web-search.ts";
import { readFormat } from "./custom-format.ts";
import { dialectId } from "./identity.ts";

const functionFields: ReadonlySet<string> = new Set(["type", "name", "description", "parameters", "strict"]);
const customFields: ReadonlySet<string> = new Set(["type", "name", "description", "format"]);

/** Reads `tools`; `undefined` where there are none. What the provider runs itself stays as it is. */
export const decodeTools = (value: unknown): readonly Tool[] | undefined => {
  const tools = readArray(value, "tools")?.map((tool, index) => decodeTool(tool, `tools[${index}]`)) ?? [];
  return tools.length === 0 ? undefined : tools;
};

const decodeTool = (tool: unknown, param: string): Tool => {
  if (!isObject(tool)) throw invalidValue(param, "an object", tool);
  const type = required(readString(tool["type"], `${param}.type`), `${param}.type`, "the kind of tool");
  switch (type) {
    case "function":
      return present({
        type: "function" as const,
        name: nameOf(tool, param),
        description: readString(tool["description"], `${param}.description`),
        parameters: readObject(tool["parameters"], `${param}.parameters`),
        strict: readBoolean(tool["strict"], `${param}.strict`),
        extras: restOf(tool, functionFields),
      });
    case "custom":
      return present({
        type: "custom" as const,
        name: nameOf(tool, param),
        description: readString(tool["description"], `${param}.description`),
        format: readFormat(tool["format"]),
        extras: restOf(tool, customFields),
      });
    default:
      return present({ type: "opaque" as const, dialect: dialectId, value: tool, search: searchOf(type, tool) });
  }
};

const searchType = /^web_search(_preview)?(_\d{4}_\d{2}_\d{2})?$/;
const searchFields: ReadonlySet<string> = new Set(["type", "filters"]);

const searchOf = (type: string, tool: Json): WebSearch | undefined =>
  searchType.test(type) ? readWebSearch({ ...restOf(tool, searchFields), ...objectIn(tool, "filters") }) : undefined;

const nameOf = (holder: Json, param: string): string =>
  required(readString(holder["name"], `${param}.name`) || undefined, `${param}.name`, "a string that is not empty");

/** Reads `tool_choice`; `undefined` for a choice that only this dialect knows. */
export const decodeToolChoice = (choice: unknown): ToolChoice | undefined => {
  if (choice === undefined || choice === null) return undefined;
  if (choice === "auto" || choice === "none" || choice === "required") return { type: choice };
  if (!isObject(choice)) throw invalidValue("tool_choice", '"auto", "none", "required" or an object', choice);
  switch (choice["type"]) {
    case "function":
    case "custom":
      return { type: "tool", name: nameOf(choice, "tool_choice"), kind: choice["type"] };
    case "allowed_tools":
      return decodeAllowed(choice);
    default:
      return undefined;
  }
};

/** A list with a hosted tool in it has no meaning elsewhere. */
const decodeAllowed = (choice: Json): ToolChoice | undefined => {
  const { mode } = choice;
  if (mode !== "auto" && mode !== "required") throw invalidValue("tool_choice.mode", '"auto" or "required"', mode);
  const tools = required(readArray(choice["tools"], "tool_choice.tools"), "tool_choice.tools", "an array of tools");
  const names = tools.map((tool, index) => {
    if (!isObject(tool)) throw invalidValue(`tool_choice.tools[${index}]`, "an object", tool);
    return readString(tool["name"], `tool_choice.tools[${index}].name`);
  });
  const known = names.filter((name) => name !== undefined);
  return known.length === names.length ? { type: "allowed", mode, names: known } : undefined;
};

/** Reads `text.format`. */
export const decodeFormat = (value: unknown): OutputFormat | undefined => {
  const param = "text.format";
  const format = readObject(value, param);
  if (format === undefined) return undefined;
  switch (format["type"]) {
    case "text":
      return { type: "text" };
    case "json_object":
      return { type: "json" };
    case "json_schema":
      return present({
        type: "json-schema" as const,
        schema: required(readObject(format["schema"], `${param}.schema`), `${param}.schema`, "a JSON Schema"),
        name: readString(format["name"], `${param}.name`),
        description: readString(format["description"], `${param}.description`),
        strict: readBoolean(format["strict"], `${param}.strict`),
      });
    default:
      throw invalidValue(`${param}.type`, '"text", "json_object" or "json_schema"', format["type"]);
  }
};
