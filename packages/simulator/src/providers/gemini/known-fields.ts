import { asArray, isRecord } from "../../json.ts";
import { bothSpellings, field, refuseUnknown } from "./fields.ts";

const requestNames = bothSpellings(
  "model contents systemInstruction tools toolConfig generationConfig safetySettings cachedContent serviceTier labels store " +
    "continuationToken generateContentRequest",
);
const configNames = bothSpellings(
  "temperature topP topK candidateCount maxOutputTokens stopSequences seed presencePenalty frequencyPenalty responseLogprobs " +
    "logprobs responseMimeType responseSchema responseJsonSchema responseModalities thinkingConfig mediaResolution " +
    "speechConfig imageConfig enableEnhancedCivicAnswers",
);
const partNames = bothSpellings(
  "text thought inlineData fileData functionCall functionResponse executableCode codeExecutionResult toolCall toolResponse " +
    "thoughtSignature videoMetadata mediaResolution partMetadata",
);
const toolNames = bothSpellings(
  "functionDeclarations googleSearch googleSearchRetrieval codeExecution urlContext fileSearch googleMaps computerUse",
);
const declarationNames = bothSpellings(
  "name description parameters parametersJsonSchema response responseJsonSchema behavior",
);
const schemaNames = bothSpellings(
  "type format title description nullable enum maxItems minItems properties required minProperties maxProperties minLength " +
    "maxLength pattern example anyOf propertyOrdering default items minimum maximum",
);

/** The older kind of schema is a subset: JSON Schema's other words are unknown fields to it. */
const checkSchema = (schema: unknown, path: string): void => {
  if (!isRecord(schema)) return;
  refuseUnknown(schema, schemaNames, path);
  const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
  for (const [name, property] of Object.entries(properties)) checkSchema(property, `${path}.properties[${name}]`);
  checkSchema(schema["items"], `${path}.items`);
  for (const [index, option] of asArray(field(schema, "anyOf")).entries())
    checkSchema(option, `${path}.any_of[${index}]`);
};

/** @throws Refusal for a field of the body that this API does not have. */
export const refuseUnknownFields = (body: unknown): void => {
  if (!isRecord(body)) return;
  refuseUnknown(body, requestNames, "");
  const config = field(body, "generationConfig");
  refuseUnknown(config, configNames, "generation_config");
  if (isRecord(config)) checkSchema(field(config, "responseSchema"), "generation_config.response_schema");
  for (const [index, content] of asArray(body["contents"]).entries()) {
    if (!isRecord(content)) continue;
    refuseUnknown(content, new Set(["role", "parts"]), `contents[${index}]`);
    for (const [at, part] of asArray(content["parts"]).entries())
      refuseUnknown(part, partNames, `contents[${index}].parts[${at}]`);
  }
  for (const [index, tool] of asArray(body["tools"]).entries()) {
    if (!isRecord(tool)) continue;
    refuseUnknown(tool, toolNames, `tools[${index}]`);
    for (const [at, declaration] of asArray(field(tool, "functionDeclarations")).entries()) {
      const path = `tools[${index}].function_declarations[${at}]`;
      refuseUnknown(declaration, declarationNames, path);
      if (isRecord(declaration)) checkSchema(declaration["parameters"], `${path}.parameters`);
    }
  }
};
