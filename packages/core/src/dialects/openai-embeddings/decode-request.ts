import type { Part } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import { toMessages } from "../embeddings/inputs.ts";
import { invalidValue, present, readCount, readString, required, restOf } from "../fields.ts";
import { dialectId } from "./identity.ts";

const known: ReadonlySet<string> = new Set([
  "model",
  "input",
  "dimensions",
  "encoding_format",
  "input_type",
  "user",
  "stream",
]);

/** Reads a request for embeddings into the vocabulary: each input is a message. */
export const decodeRequest = (body: Json): ChatRequest => {
  const encoding = readString(body["encoding_format"], "encoding_format");
  if (encoding !== undefined && encoding !== "float" && encoding !== "base64") {
    throw invalidValue("encoding_format", '"float" or "base64"', encoding);
  }
  const model = required(readString(body["model"], "model"), "model", "the name of a model");
  const extras = restOf(body, known);
  return present({
    dialect: dialectId,
    operation: "embeddings" as const,
    model,
    stream: false,
    messages: toMessages(readInput(required(body["input"] ?? undefined, "input", expected))),
    embedding: present({
      dimensions: readCount(body["dimensions"], "dimensions"),
      encoding,
      inputType: readString(body["input_type"], "input_type"),
    }),
    user: readString(body["user"], "user"),
    extras,
  });
};

const expected = "a text, a list of texts, or token numbers";

const readInput = (input: unknown): readonly Part[] => {
  if (typeof input === "string") return [textPart(input)];
  if (!Array.isArray(input) || input.length === 0) throw invalidValue("input", expected, input);
  if (input.every(isToken)) return [tokensPart(input)];
  return input.map((item: unknown, index) => {
    if (typeof item === "string") return textPart(item, index);
    if (Array.isArray(item) && item.length > 0 && item.every(isToken)) return tokensPart(item);
    throw invalidValue(`input[${index}]`, "a text or token numbers", item);
  });
};

const textPart = (text: string, index?: number): Part => {
  if (text !== "") return { type: "text", text };
  throw invalidValue(index === undefined ? "input" : `input[${index}]`, "a text that is not empty", text);
};

// Tokens are those of one model family: nobody else can read them.
const tokensPart = (tokens: readonly number[]): Part => ({ type: "opaque", dialect: dialectId, value: tokens });

const isToken = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
