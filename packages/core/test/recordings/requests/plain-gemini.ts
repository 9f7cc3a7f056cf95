import { toJsonSchema } from "../../../src/dialects/gemini/json-schema.ts";
import { readOpenApiSchema } from "../../../src/dialects/gemini/read-openapi-schema.ts";
import type { Json } from "../fixtures.ts";
import { inTurns, isObject, listIn, objectIn } from "./json.ts";

const camel = (name: string): string =>
  name.replace(/(?<=[a-z])_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Where names are the client's own, or the provider's tools' business. */
const opaque: ReadonlySet<string> = new Set([
  "args",
  "response",
  "parameters",
  "responseSchema",
  "responseJsonSchema",
  "parametersJsonSchema",
]);

const camelised = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(camelised);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .map(([name, field]) => [camel(name), opaque.has(camel(name)) ? field : camelised(field)]),
  );
};

/** With its schema in the one form of two that the provider has for it. */
const withSchema = (holder: Json, openApi: string, json: string): Json => {
  const { [openApi]: old, [json]: plain, ...rest } = holder;
  const schema = isObject(plain) ? plain : isObject(old) ? readOpenApiSchema(old) : undefined;
  const properties = schema?.["properties"];
  if (schema === undefined || (isObject(properties) && Object.keys(properties).length === 0)) return rest;
  return { ...rest, [json]: toJsonSchema(schema) };
};

const withoutForeignId = (part: Json): Json =>
  Object.fromEntries(
    Object.entries(part).map(([name, value]) => {
      const { id, ...rest } = isObject(value) ? value : {};
      return [name, typeof id === "string" && id.startsWith("call_") ? rest : value];
    }),
  );

const plainTools = (tools: readonly Json[]): readonly Json[] => {
  const functions = tools
    .flatMap((tool) => listIn(tool, "functionDeclarations"))
    .map((declaration) => withSchema({ description: "", ...declaration }, "parameters", "parametersJsonSchema"));
  const others = tools
    .map(({ functionDeclarations: _functions, ...tool }) => tool)
    .filter((tool) => Object.keys(tool).length > 0);
  return [...(functions.length === 0 ? [] : [{ functionDeclarations: functions }]), ...others];
};

const plainConfig = (written: Json): Json => {
  const {
    candidateCount: count,
    responseModalities: modalities,
    thinkingConfig,
    ...config
  } = withSchema(written, "responseSchema", "responseJsonSchema");
  const { includeThoughts = false, thinkingLevel: level, ...budget } = isObject(thinkingConfig) ? thinkingConfig : {};
  return {
    ...config,
    ...(count === undefined || count === 1 ? {} : { candidateCount: count }),
    ...(modalities === undefined || JSON.stringify(modalities) === '["TEXT"]'
      ? {}
      : { responseModalities: modalities }),
    ...(isObject(thinkingConfig)
      ? {
          thinkingConfig: {
            includeThoughts,
            ...budget,
            ...(typeof level === "string" ? { thinkingLevel: level.toUpperCase() } : {}),
          },
        }
      : {}),
  };
};

const plainContent = ({ role = "user", parts }: Json): Json => ({
  role: role === "function" ? "user" : role,
  parts: (Array.isArray(parts) ? parts : [parts]).filter(isObject).map(({ thought, ...part }) => ({
    ...withoutForeignId(part),
    ...(thought === true ? { thought } : {}),
  })),
});

/**
 * A request less the freedoms of the dialect: snake_case, the model's name in the body, schemas in OpenAPI, functions over
 * several tools, roles that go without saying, a turn in several contents, settings that say nothing, one candidate, ids of calls that others made.
 */
export const plainGemini = (written: Json): Json => {
  const { model: _model, systemInstruction, generationConfig, tools: _tools, ...body } = camelised(written) as Json;
  const system = [objectIn({ systemInstruction }, "systemInstruction")["parts"] ?? []].flat().filter(isObject);
  const instructions = system.map(({ text }) => ({ text })).filter(({ text }) => text !== "");
  const tools = listIn({ tools: _tools }, "tools");
  const config = plainConfig(objectIn({ generationConfig }, "generationConfig"));
  return {
    ...body,
    contents: inTurns(listIn(body, "contents").map(plainContent), "parts"),
    ...(instructions.length === 0 ? {} : { systemInstruction: { parts: instructions } }),
    ...(tools.length === 0 ? {} : { tools: plainTools(tools) }),
    ...(Object.keys(config).length === 0 ? {} : { generationConfig: config }),
  };
};
