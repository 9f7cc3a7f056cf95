import { anthropicMessages } from "../../../src/dialects/anthropic-messages/anthropic-messages.ts";
import type { BackDialect, FrontDialect } from "../../../src/dialects/dialect.ts";
import { gemini } from "../../../src/dialects/gemini/gemini.ts";
import { openaiChat } from "../../../src/dialects/openai-chat/openai-chat.ts";
import { openaiEmbeddings } from "../../../src/dialects/openai-embeddings/openai-embeddings.ts";
import { openaiResponses } from "../../../src/dialects/openai-responses/openai-responses.ts";
import type { Quirks } from "../../../src/dialects/quirks.ts";
import type { Json } from "../fixtures.ts";
import { listIn, nulless, objectIn } from "./json.ts";
import { plainChat } from "./plain-chat.ts";
import { plainGemini } from "./plain-gemini.ts";
import { plainMessages } from "./plain-messages.ts";
import { plainResponses } from "./plain-responses.ts";

/** A dialect that both clients and providers speak, and how its requests are compared. */
export interface Face {
  readonly dialect: FrontDialect & BackDialect;
  /** A server that takes all that this request has. */
  readonly quirksFor: (body: Json) => Quirks;
  /** A request less the freedoms of the dialect. */
  readonly plain: (body: Json) => Json;
  /** What a request that nobody changed becomes on its way, where that is not what it was. */
  readonly sentOn?: (body: Json) => Json;
}

const reasoningFields = ["reasoning_content", "reasoning", "reasoning_details"] as const;

const quirksForChat = (body: Json): Quirks => {
  const messages = listIn(body, "messages");
  const field = reasoningFields.find((name) => messages.some((message) => message[name] !== undefined));
  return {
    developerRole: true,
    cacheControl: true,
    allowedTools: true,
    openrouterExtensions: true,
    thoughtSignatures: true,
    reasoningControl: body["reasoning"] === undefined ? "effort" : "object",
    maxTokensField: body["max_completion_tokens"] === undefined ? "max_tokens" : "max_completion_tokens",
    ...(field === undefined ? {} : { reasoningField: field }),
  };
};

/** Usage of streams is always asked for. */
const withUsage = (body: Json): Json =>
  body["stream"] === true
    ? { ...body, stream_options: { ...objectIn(body, "stream_options"), include_usage: true } }
    : body;

/** The address names the model. */
const withoutModel = ({ model: _model, ...body }: Json): Json => body;

/** A text for a list of one. */
const plainEmbeddings = (body: Json): Json => {
  const { input } = body;
  return {
    ...nulless(body),
    input: Array.isArray(input) && input.length === 1 && typeof input[0] === "string" ? input[0] : input,
  };
};

const usual = (): Quirks => ({});

export const faces: Readonly<Record<string, Face>> = {
  "openai-chat": { dialect: openaiChat, quirksFor: quirksForChat, plain: plainChat, sentOn: withUsage },
  "openai-responses": { dialect: openaiResponses, quirksFor: usual, plain: plainResponses },
  "anthropic-messages": { dialect: anthropicMessages, quirksFor: usual, plain: plainMessages },
  gemini: { dialect: gemini, quirksFor: usual, plain: plainGemini, sentOn: withoutModel },
  "openai-embeddings": { dialect: openaiEmbeddings, quirksFor: usual, plain: plainEmbeddings },
};
