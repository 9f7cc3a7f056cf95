import type { ChatRequest } from "../../chat/request.ts";
import { tokenCount } from "../../chat/usage.ts";
import type { BackDialect, BackTarget, EncodedRequest } from "../dialect.ts";
import { nameEmbeddingLosses, textOf } from "../embeddings/inputs.ts";
import { toEvents } from "../embeddings/to-events.ts";
import { createDecoder } from "../embeddings/unstreamed.ts";
import { readVector } from "../embeddings/vector.ts";
import { arrayIn, present, stringIn } from "../fields.ts";
import { createLosses } from "../losses.ts";
import { decodeError, errorInAnswer } from "./errors.ts";

const encodeRequest = (request: ChatRequest, target: BackTarget): EncodedRequest => {
  const losses = createLosses(target);
  nameEmbeddingLosses(request, losses);
  const { dimensions, inputType } = request.embedding ?? {};
  if (inputType !== undefined) losses.tuning("input_type");
  const body = present({
    model: target.model,
    input: request.messages.map((message) => textOf(message, losses)),
    dimensions,
    // A text that is too long is refused, not cut in silence.
    truncate: false,
  });
  return { path: "/api/embed", body: JSON.stringify(body), dropped: losses.dropped };
};

/** Ollama's embeddings. https://docs.ollama.com/api/embed */
export const ollamaEmbeddings: BackDialect = {
  id: "ollama-embed",
  encodeRequest,
  decodeReply: (body, options) => {
    const failure = errorInAnswer(body, options.provider);
    if (failure !== undefined) throw failure;
    const inputTokens = tokenCount(body["prompt_eval_count"]);
    const usage = inputTokens === undefined ? undefined : { inputTokens, outputTokens: 0 };
    return toEvents(
      { model: stringIn(body, "model"), vectors: arrayIn(body, "embeddings").map(readVector), usage },
      options,
    );
  },
  createDecoder,
  decodeError,
};
