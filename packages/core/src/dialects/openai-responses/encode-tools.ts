import type { ChatRequest, Tool, ToolChoice, WebSearch } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import { present } from "../fields.ts";
import type { Losses } from "../losses.ts";
import { strictnessOf } from "../strict-schema.ts";
import { writeWebSearch } from "../web-search.ts";
import { writeFormat } from "./custom-format.ts";
import { ownExtras, type EncodeScope } from "./encode-scope.ts";
import { dialectId } from "./identity.ts";

/** Writes the tools; `undefined` where there are none, for an empty list is refused. */
export const encodeTools = (tools: readonly Tool[] | undefined, scope: EncodeScope): readonly Json[] | undefined => {
  const written = (tools ?? []).map((tool) => encodeTool(tool, scope)).filter((tool) => tool !== undefined);
  return written.length === 0 ? undefined : written;
};

const encodeTool = (tool: Tool, scope: EncodeScope): Json | undefined => {
  switch (tool.type) {
    case "function": {
      const { name, description, parameters, strict } = tool;
      // Here functions are strict unless they say otherwise; elsewhere it is the other way round.
      const meant = scope.isOwn
        ? { parameters, strict }
        : { parameters: parameters ?? noParameters, strict: strict ?? false };
      return {
        ...ownExtras(scope, tool.extras, "tools[]."),
        ...present({ type: "function", name, description, ...meant }),
      };
    }
    case "custom": {
      const { name, description, format } = tool;
      return {
        ...ownExtras(scope, tool.extras, "tools[]."),
        ...present({ type: "custom", name, description, format: writeFormat(format) }),
      };
    }
    case "opaque":
      if (tool.dialect === dialectId) return tool.value as Json; // Decoded from an object of this dialect.
      if (tool.search !== undefined) return encodeSearch(tool.search, scope.losses);
      scope.losses.meaning("tools", "one of them is run by another provider");
      return undefined;
  }
};

const searchSettings = ["allowedDomains", "location", "contextSize"] as const;

const encodeSearch = (search: WebSearch, losses: Losses): Json => {
  const { allowed_domains, ...others } = writeWebSearch(search, searchSettings, losses);
  return { type: "web_search", ...others, ...(allowed_domains === undefined ? {} : { filters: { allowed_domains } }) };
};

const noParameters: Json = { type: "object", properties: {} };

/** Writes the choice among the tools. */
export const encodeToolChoice = ({ toolChoice, tools = [] }: ChatRequest): unknown => {
  const kindOf = (name: string): string =>
    tools.some((tool) => tool.type === "custom" && tool.name === name) ? "custom" : "function";
  const write = (choice: ToolChoice): unknown => {
    switch (choice.type) {
      case "tool":
        return { type: choice.kind ?? kindOf(choice.name), name: choice.name };
      case "allowed":
        return {
          type: "allowed_tools",
          mode: choice.mode,
          tools: choice.names.map((name) => ({ type: kindOf(name), name })),
        };
      default:
        return choice.type;
    }
  };
  return toolChoice === undefined ? undefined : write(toolChoice);
};

/** Writes the output format. */
export const encodeFormat = ({ outputFormat: format, dialect }: ChatRequest): Json | undefined => {
  switch (format?.type) {
    case undefined:
      return undefined;
    case "text":
      return { type: "text" };
    case "json":
      return { type: "json_object" };
    case "json-schema": {
      const { schema, name = "response", description } = format;
      return present({ type: "json_schema", name, description, schema, strict: strictnessOf(format, dialect) });
    }
  }
};
