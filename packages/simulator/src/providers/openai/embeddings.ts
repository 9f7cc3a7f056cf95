import { isRecord, type JsonRecord } from "../../json.ts";
import { embed } from "../../model/embedding.ts";
import { countTokens } from "../../model/tokens.ts";
import { refuse } from "../../problem.ts";
import type { Call } from "../provider.ts";
import { numberField } from "./fields.ts";

/** One thing to embed: words, or the numbers of tokens. */
interface Input {
  readonly text: string;
  readonly tokens: number;
}

const mostInputs = 2_048;

const isTokens = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length > 0 && value.every((item) => Number.isInteger(item));

const readInput = (value: unknown, at: string): Input => {
  if (isTokens(value)) return { text: value.join(" "), tokens: value.length };
  if (typeof value !== "string") return refuse(`Invalid type for '${at}': expected a string.`, at, "invalid_type");
  return value === ""
    ? refuse(`Invalid '${at}': input cannot be an empty string.`, at)
    : { text: value, tokens: countTokens(value) };
};

const readInputs = (input: unknown): readonly Input[] => {
  if (!Array.isArray(input)) return [readInput(input, "input")];
  const given: readonly unknown[] = input;
  if (isTokens(given)) return [readInput(given, "input")];
  if (given.length === 0) return refuse("Invalid 'input': empty array.", "input", "empty_array");
  if (given.length > mostInputs) {
    return refuse(`Invalid 'input': at most ${mostInputs} are allowed.`, "input", "array_above_max_length");
  }
  return given.map((item, index) => readInput(item, `input[${index}]`));
};

const knownFields: readonly string[] = ["input", "model", "dimensions", "encoding_format", "user"];

const dimensionsOf = (model: string): number => (model.includes("large") ? 3_072 : 1_536);

const readDimensions = (body: JsonRecord, model: string, tolerant: boolean): number => {
  const usual = dimensionsOf(model);
  const wanted = numberField(body, "dimensions", 1, usual, true);
  if (wanted !== undefined && !tolerant && model.includes("ada-002")) {
    return refuse("This model does not support specifying dimensions.", "dimensions");
  }
  return wanted ?? usual;
};

/** Numbers as text, or the bytes of 32-bit numbers, the lowest first. */
const encode = (vector: readonly number[], format: unknown): readonly number[] | string => {
  if (format !== "base64") return vector;
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString("base64");
};

/** The answer to a request for embeddings. @throws Refusal when OpenAI would answer 400. */
export const answerEmbeddings = ({ body, route }: Call): object => {
  if (!isRecord(body)) return refuse("The body of the request could not be parsed as a JSON object.");
  const { model, encoding_format: format = "float" } = body;
  if (typeof model !== "string" || model === "") {
    return refuse("You must provide a model parameter.", "model", "missing_required_parameter");
  }
  const tolerant = route.tolerant === true;
  const unknown = tolerant ? undefined : Object.keys(body).find((name) => !knownFields.includes(name));
  if (unknown !== undefined) refuse(`Unknown parameter: '${unknown}'.`, unknown, "unknown_parameter");
  if (format !== "float" && format !== "base64") {
    refuse(`Invalid value for 'encoding_format': ${JSON.stringify(format)}.`, "encoding_format");
  }
  const inputs = readInputs(body["input"]);
  const dimensions = readDimensions(body, model, tolerant);
  const tokens = inputs.reduce((sum, input) => sum + input.tokens, 0);
  return {
    object: "list",
    data: inputs.map((input, index) => ({
      object: "embedding",
      index,
      embedding: encode(embed(input.text, dimensions, model), format),
    })),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
};
