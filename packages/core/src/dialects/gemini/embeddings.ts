import type { Message } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { tokenCount } from "../../chat/usage.ts";
import type { BackDialect, BackTarget, EncodedRequest, Json } from "../dialect.ts";
import { toEvents } from "../embeddings/to-events.ts";
import { createDecoder } from "../embeddings/unstreamed.ts";
import { readVector } from "../embeddings/vector.ts";
import { arrayIn, isObject, objectIn, present } from "../fields.ts";
import { nameEmbeddingLosses, textOf } from "../embeddings/inputs.ts";
import { createLosses, type Losses } from "../losses.ts";
import { pathOf, resourceName } from "./encode-request.ts";
import { decodeError } from "./errors.ts";

const encodeRequest = (request: ChatRequest, target: BackTarget): EncodedRequest => {
  const losses = createLosses(target);
  nameEmbeddingLosses(request, losses);
  const { dimensions, inputType } = request.embedding ?? {};
  const settings = present({ outputDimensionality: dimensions, taskType: taskOf(inputType, losses) });
  const requests = request.messages.map((message) => ({
    // Each of them names the model once more.
    model: resourceName(target.model),
    content: { parts: [encodeInput(message, losses)] },
    ...settings,
  }));
  return {
    path: pathOf(target.model, "batchEmbedContents"),
    body: JSON.stringify({ requests }),
    dropped: losses.dropped,
  };
};

const encodeInput = (message: Message, losses: Losses): Json => ({ text: textOf(message, losses) });

/** What texts are for, in the words of other providers. */
const tasks: ReadonlyMap<string, string> = new Map([
  ["search_document", "RETRIEVAL_DOCUMENT"],
  ["document", "RETRIEVAL_DOCUMENT"],
  ["search_query", "RETRIEVAL_QUERY"],
  ["query", "RETRIEVAL_QUERY"],
  ["classification", "CLASSIFICATION"],
  ["clustering", "CLUSTERING"],
]);

const taskOf = (inputType: string | undefined, losses: Losses): string | undefined => {
  if (inputType === undefined || /^[A-Z_]+$/.test(inputType)) return inputType;
  const task = tasks.get(inputType);
  if (task === undefined) losses.tuning("input_type");
  return task;
};

/** Gemini's embeddings: every input a request of one batch. https://ai.google.dev/api/embeddings */
export const geminiEmbeddings: BackDialect = {
  id: "gemini-embeddings",
  encodeRequest,
  decodeReply: (body, options) => {
    const vectors = arrayIn(body, "embeddings").map((item) =>
      isObject(item) ? readVector(item["values"]) : undefined,
    );
    const inputTokens = tokenCount(objectIn(body, "usageMetadata")?.["promptTokenCount"]);
    const usage = inputTokens === undefined ? undefined : { inputTokens, outputTokens: 0 };
    return toEvents({ vectors, usage }, options);
  },
  createDecoder,
  decodeError,
};
