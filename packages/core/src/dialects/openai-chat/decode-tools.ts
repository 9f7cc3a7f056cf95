import type { FunctionTool, OpaqueTool, OutputFormat, Tool, ToolChoice, WebSearch } from "../../chat/request.ts";
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
} from "../fields.ts";
import { readWebSearch } from "../web-search.ts";
import { decodeCacheHint } from "./decode-parts.ts";
import { dialectId, searchOptions } from "./identity.ts";
import { restOfBoth } from "./nested.ts";

const toolFields: ReadonlySet<string> = new Set(["type", "function", "custom", "cache_control"]);
const functionFields: ReadonlySet<string> = new Set(["name", "description", "parameters", "strict"]);
const customFields: ReadonlySet<string> = new Set(["name", "description", "format"]);

/** Reads `tools`, and `functions` as clients wrote it before there were tools, and the search beside them; `undefined` where there are none. */
export const decodeTools = (body: Json): readonly Tool[] | undefined => {
  const tools = readArray(body["tools"], "tools")?.map((tool, index) => decodeTool(tool, `tools[${index}]`)) ?? [];
  const functions =
    readArray(body["functions"], "functions")?.map((value, index) =>
      decodeFunction({}, value, `functions[${index}]`),
    ) ?? [];
  const search = readObject(body[searchOptions], searchOptions);
  const all = [...tools, ...functions, ...(search === undefined ? [] : [decodeSearch(search)])];
  return all.length === 0 ? undefined : all;
};

const decodeTool = (value: unknown, param: string): Tool => {
  if (!isObject(value)) throw invalidValue(param, "an object", value);
  const type = readString(value["type"], `${param}.type`) ?? (value["function"] === undefined ? undefined : "function");
  switch (required(type, `${param}.type`, "the kind of tool")) {
    case "function":
      return decodeFunction(
        value,
        required(value["function"] ?? undefined, `${param}.function`, "an object"),
        `${param}.function`,
      );
    case "custom": {
      const custom = required(readObject(value["custom"], `${param}.custom`), `${param}.custom`, "an object");
      return present({
        type: "custom" as const,
        name: nameOf(custom, `${param}.custom`),
        description: readString(custom["description"], `${param}.custom.description`),
        format: custom["format"],
        extras: restOfBoth(value, toolFields, "custom", custom, customFields),
      });
    }
    default:
      return present({ type: "opaque" as const, dialect: dialectId, value, search: searchToolOf(value) });
  }
};

/** The search that some models do by themselves, which is no tool here but is one elsewhere. */
const decodeSearch = (options: Json): OpaqueTool => {
  const location = objectIn(options, "user_location");
  const where = location === undefined ? {} : { user_location: objectIn(location, "approximate") };
  return present({
    type: "opaque" as const,
    dialect: dialectId,
    value: { [searchOptions]: options },
    search: readWebSearch({ ...options, ...where }),
  });
};

/** The tool by which OpenRouter searches for every model. */
const searchToolOf = (tool: Json): WebSearch | undefined => {
  if (tool["type"] !== "openrouter:web_search") return undefined;
  const { excluded_domains, ...settings } = objectIn(tool, "parameters") ?? {};
  return readWebSearch({ ...settings, ...present({ blocked_domains: excluded_domains }) });
};

const decodeFunction = (tool: Json, value: unknown, param: string): FunctionTool => {
  const inner = required(readObject(value, param), param, "an object");
  return present({
    type: "function" as const,
    name: nameOf(inner, param),
    description: readString(inner["description"], `${param}.description`),
    parameters: readObject(inner["parameters"], `${param}.parameters`),
    strict: readBoolean(inner["strict"], `${param}.strict`),
    cacheHint: decodeCacheHint(tool, param),
    extras: restOfBoth(tool, toolFields, "function", inner, functionFields),
  });
};

const nameOf = (holder: Json, param: string): string =>
  required(readString(holder["name"], `${param}.name`) || undefined, `${param}.name`, "a string that is not empty");

/** What one field means, or the field itself where only this dialect's servers may understand it. */
export interface Decoded<T> {
  readonly value?: T;
  readonly extra?: unknown;
}

/** Reads `tool_choice`, or the deprecated `function_call`. */
export const decodeToolChoice = (body: Json): Decoded<ToolChoice> => {
  const isLegacy = body["tool_choice"] === undefined || body["tool_choice"] === null;
  const param = isLegacy ? "function_call" : "tool_choice";
  const choice = body[param];
  if (choice === undefined || choice === null) return {};
  if (choice === "auto" || choice === "none" || choice === "required") return { value: { type: choice } };
  if (choice === "any") return { value: { type: "required" } };
  if (!isObject(choice)) throw invalidValue(param, '"auto", "none", "required" or an object', choice);
  if (isLegacy) return { value: { type: "tool", name: nameOf(choice, param), kind: "function" } };
  return decodeChoiceObject(choice, param);
};

const decodeChoiceObject = (choice: Json, param: string): Decoded<ToolChoice> => {
  const type = readString(choice["type"], `${param}.type`) ?? "function";
  switch (type) {
    case "function":
    case "custom": {
      const inner = required(readObject(choice[type], `${param}.${type}`), `${param}.${type}`, "an object with `name`");
      return { value: { type: "tool", name: nameOf(inner, `${param}.${type}`), kind: type } };
    }
    case "tool":
      return { value: { type: "tool", name: nameOf(choice, param), kind: "function" } };
    case "allowed_tools":
      return { value: decodeAllowed(choice["allowed_tools"], `${param}.allowed_tools`) };
    default:
      return { extra: choice };
  }
};

const decodeAllowed = (value: unknown, param: string): ToolChoice => {
  const allowed = required(readObject(value, param), param, "an object with `mode` and `tools`");
  const { mode } = allowed;
  if (mode !== "auto" && mode !== "required") throw invalidValue(`${param}.mode`, '"auto" or "required"', mode);
  const tools = required(readArray(allowed["tools"], `${param}.tools`), `${param}.tools`, "an array of tools");
  const names = tools.map((tool, index) => {
    const at = `${param}.tools[${index}]`;
    if (!isObject(tool)) throw invalidValue(at, "an object", tool);
    const inner = readObject(tool["function"], `${at}.function`) ?? readObject(tool["custom"], `${at}.custom`) ?? tool;
    return nameOf(inner, at);
  });
  return { type: "allowed", mode, names };
};

/** Reads `response_format`. */
export const decodeOutputFormat = (body: Json): Decoded<OutputFormat> => {
  const param = "response_format";
  const format = readObject(body[param], param);
  if (format === undefined) return {};
  switch (required(readString(format["type"], `${param}.type`), `${param}.type`, "the kind of format")) {
    case "text":
      return { value: { type: "text" } };
    case "json_object":
      // Some servers take a schema beside it, in fields of their own.
      return Object.keys(format).length === 1
        ? { value: { type: "json" } }
        : { value: { type: "json" }, extra: format };
    case "json_schema":
      return { value: decodeSchema(format["json_schema"], `${param}.json_schema`) };
    default:
      return { extra: format };
  }
};

const decodeSchema = (value: unknown, param: string): OutputFormat => {
  const wrapper = required(readObject(value, param), param, "an object with `schema`");
  return present({
    type: "json-schema" as const,
    // Without a schema any object will do.
    schema: readObject(wrapper["schema"], `${param}.schema`) ?? { type: "object" },
    name: readString(wrapper["name"], `${param}.name`),
    description: readString(wrapper["description"], `${param}.description`),
    strict: readBoolean(wrapper["strict"], `${param}.strict`),
  });
};
