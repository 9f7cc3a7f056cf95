import type { ChatRequest, Tool, ToolChoice, WebSearch } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import { isObject, present } from "../fields.ts";
import { jsonInWords } from "../format-in-words.ts";
import { strictnessOf } from "../strict-schema.ts";
import { writeWebSearch } from "../web-search.ts";
import { cacheControl, ownExtras, type EncodeScope } from "./encode-parts.ts";
import { dialectId, searchOptions } from "./identity.ts";
import { wrap } from "./nested.ts";

export interface EncodedTools {
  readonly tools?: readonly Json[];
  readonly choice?: unknown;
  /** What stands beside the tools of a search of the web that is none of them. */
  readonly search?: unknown;
}

/** Writes tools and the choice among them, by other means where the server has no such choice. */
export const encodeTools = ({ tools = [], toolChoice }: ChatRequest, scope: EncodeScope): EncodedTools => {
  const { choice, only } = encodeChoice(toolChoice, tools, scope);
  const search = tools.flatMap((tool) => encodeSearchOptions(tool, scope)).at(-1);
  const kept = only === undefined ? tools : tools.filter((tool) => tool.type !== "opaque" && only.includes(tool.name));
  const written = kept.map((tool) => encodeTool(tool, scope)).filter((tool) => tool !== undefined);
  // An empty list is refused, and so is a choice among nothing.
  return present(written.length === 0 ? { search } : { tools: written, choice, search });
};

interface EncodedChoice {
  readonly choice?: unknown;
  /** The tools that are left to choose from. */
  readonly only?: readonly string[];
}

const encodeChoice = (choice: ToolChoice | undefined, tools: readonly Tool[], scope: EncodeScope): EncodedChoice => {
  if (choice === undefined) return {};
  const { quirks } = scope.target;
  const hasChoice = quirks.unsupported?.includes("tool_choice") !== true;
  switch (choice.type) {
    case "auto":
      return hasChoice ? { choice: "auto" } : {};
    case "none":
      return hasChoice ? { choice: "none" } : { only: [] };
    case "required":
      return encodeRequired(scope);
    case "tool": {
      if (!hasChoice || quirks.namedToolChoice === false) return { ...encodeRequired(scope), only: [choice.name] };
      const kind =
        choice.kind ?? tools.find((tool) => tool.type === "custom" && tool.name === choice.name)?.type ?? "function";
      return { choice: { type: kind, [kind]: { name: choice.name } } };
    }
    case "allowed": {
      const { mode, names } = choice;
      if (quirks.allowedTools !== true) return { ...encodeChoice({ type: mode }, tools, scope), only: names };
      const listed = names.map((name) => {
        const kind = tools.some((tool) => tool.type === "custom" && tool.name === name) ? "custom" : "function";
        return { type: kind, [kind]: { name } };
      });
      return { choice: { type: "allowed_tools", allowed_tools: { mode, tools: listed } } };
    }
  }
};

const encodeRequired = ({ target, losses }: EncodeScope): EncodedChoice => {
  const word = target.quirks.requiredToolChoice ?? "required";
  if (word !== "refused" && target.quirks.unsupported?.includes("tool_choice") !== true) return { choice: word };
  losses.meaning("tool_choice", "it can not be made to call a tool");
  return {};
};

const encodeTool = (tool: Tool, scope: EncodeScope): Json | undefined => {
  switch (tool.type) {
    case "function": {
      const { name, description, strict, parameters = { type: "object", properties: {} } } = tool;
      const fields = present({ name, description, parameters, strict });
      const extras = ownExtras(scope, tool.extras, "tools[].");
      return { ...wrap("function", fields, extras), type: "function", ...cacheControl(scope, tool.cacheHint) };
    }
    case "custom": {
      const { name, description, format } = tool;
      return {
        ...wrap("custom", present({ name, description, format }), ownExtras(scope, tool.extras, "tools[].")),
        type: "custom",
      };
    }
    case "opaque":
      if (isObject(tool.value) && tool.dialect === dialectId)
        return searchOptions in tool.value ? undefined : tool.value;
      if (tool.search !== undefined && scope.target.quirks.webSearch !== undefined)
        return encodeSearchTool(tool.search, scope);
      scope.losses.meaning("tools", "one of them is run by another provider");
      return undefined;
  }
};

/** The search as a tool, for servers that have one. */
const encodeSearchTool = (search: WebSearch, { target, losses }: EncodeScope): Json | undefined => {
  const { webSearch } = target.quirks;
  if (webSearch === undefined || webSearch === "options") return undefined;
  const { blocked_domains, ...settings } = writeWebSearch(search, allSearchSettings, losses);
  const parameters = { ...settings, ...present({ excluded_domains: blocked_domains }) };
  return { type: webSearch.tool, ...(Object.keys(parameters).length === 0 ? {} : { parameters }) };
};

/** The search in a field of its own. */
const encodeSearchOptions = (tool: Tool, { target, losses }: EncodeScope): readonly unknown[] => {
  if (tool.type !== "opaque") return [];
  if (tool.dialect === dialectId) {
    return isObject(tool.value) && searchOptions in tool.value ? [tool.value[searchOptions]] : [];
  }
  if (tool.search === undefined || target.quirks.webSearch !== "options") return [];
  const { user_location, ...options } = writeWebSearch(tool.search, ["location", "contextSize"], losses);
  if (!isObject(user_location)) return [options];
  const { type, ...approximate } = user_location;
  return [{ ...options, user_location: { type, approximate } }];
};

const allSearchSettings = ["allowedDomains", "blockedDomains", "maxUses", "location", "contextSize"] as const;

export interface EncodedFormat {
  readonly format?: Json;
  /** What the model must be told because no field says it. */
  readonly instruction?: string;
}

/** Writes the output format. A server without schemas gets JSON mode and the schema in words. */
export const encodeOutputFormat = (
  { outputFormat: format, dialect }: ChatRequest,
  { target, losses }: EncodeScope,
): EncodedFormat => {
  switch (format?.type) {
    case undefined:
      return {};
    case "text":
      return { format: { type: "text" } };
    case "json":
      return { format: { type: "json_object" } };
    case "json-schema": {
      const { schema, name = "response", description } = format;
      if (target.quirks.jsonSchema !== false) {
        const strict = strictnessOf(format, dialect);
        return { format: { type: "json_schema", json_schema: present({ name, description, schema, strict }) } };
      }
      if (format.strict === true) losses.tuning("response_format.json_schema.strict");
      return { format: { type: "json_object" }, instruction: jsonInWords(schema) };
    }
  }
};
