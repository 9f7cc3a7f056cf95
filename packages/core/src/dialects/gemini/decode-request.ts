import type { ChatRequest } from "../../chat/request.ts";
import type { Address, Json } from "../dialect.ts";
import { present, readObject, readString, required, restOf } from "../fields.ts";
import { decodeContents, decodeSystem } from "./decode-contents.ts";
import { decodeGenerationConfig } from "./decode-generation-config.ts";
import { decodeToolConfig, decodeTools } from "./decode-tools.ts";
import { dialectId } from "./identity.ts";
import { camelKeys } from "./keys.ts";

const known: ReadonlySet<string> = new Set([
  // The address names the model; some clients repeat it.
  "model",
  "contents",
  "systemInstruction",
  "tools",
  "toolConfig",
  "generationConfig",
  "serviceTier",
  "cachedContent",
]);

/** Reads a `generateContent` request into the vocabulary. Its address says which model, and whether it is a stream. */
export const decodeRequest = (written: Json, address?: Address): ChatRequest => {
  const body = camelKeys(written);
  const { model, stream } = required(address, "model", "the name of a model, in the request's path");
  const { toolChoice, rest: toolConfig } = decodeToolConfig(body["toolConfig"]);
  const { settings, rest: generationConfig } = decodeGenerationConfig(body["generationConfig"]);
  const extras = { ...restOf(body, known), ...present({ toolConfig, generationConfig }) };
  return {
    dialect: dialectId,
    model,
    stream,
    messages: [...decodeSystem(body["systemInstruction"]), ...decodeContents(body["contents"])],
    ...settings,
    ...present({
      tools: decodeTools(body["tools"]),
      toolChoice,
      serviceTier: decodeTier(body["serviceTier"]),
      cachedContent: readString(body["cachedContent"], "cachedContent"),
      extras: Object.keys(extras).length === 0 ? undefined : extras,
    }),
    // Every answer in this dialect tells it.
    includeUsage: true,
  };
};

/** What a `countTokens` call asks about: the body itself, or a whole request inside it. */
export const requestToCount = (body: Json): Json =>
  readObject(camelKeys(body)["generateContentRequest"], "generateContentRequest") ?? body;

export const decodeCountRequest = (body: Json, address?: Address): ChatRequest =>
  decodeRequest(requestToCount(body), address);

const decodeTier = (value: unknown): string | undefined => {
  const tier = readString(value, "serviceTier")?.toLowerCase();
  return tier === "standard" ? "default" : tier;
};
