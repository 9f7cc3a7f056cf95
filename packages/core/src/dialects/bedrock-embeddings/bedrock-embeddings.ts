import type { ChatRequest } from "../../chat/request.ts";
import { tokenCount } from "../../chat/usage.ts";
import { GatewayError } from "../../errors.ts";
import { decodeError } from "../bedrock-converse/errors.ts";
import { modelPath } from "../bedrock-converse/model-path.ts";
import type { BackDialect, BackTarget, EncodedRequest, Json } from "../dialect.ts";
import { encodeTexts } from "../embeddings/cohere-texts.ts";
import { nameEmbeddingLosses, textOf } from "../embeddings/inputs.ts";
import { toEvents } from "../embeddings/to-events.ts";
import { createDecoder } from "../embeddings/unstreamed.ts";
import { readVector } from "../embeddings/vector.ts";
import { arrayIn, objectIn, present } from "../fields.ts";
import { createLosses, type Losses } from "../losses.ts";

// Models keep their makers' own formats here; an id may begin with a region, or be the ARN that ends in it.
const isCohere = (model: string): boolean => /(^|[./])cohere\./.test(model);

const encodeRequest = (request: ChatRequest, target: BackTarget): EncodedRequest => {
  const losses = createLosses(target);
  const body = isCohere(target.model) ? encodeTexts(request, losses) : encodeTitan(request, target, losses);
  return { path: modelPath(target.model, "invoke"), body: JSON.stringify(body), dropped: losses.dropped };
};

/** Titan embeds one text a call. */
const encodeTitan = (request: ChatRequest, { provider, model }: BackTarget, losses: Losses): Json => {
  const [message, ...others] = request.messages;
  if (message === undefined || others.length > 0) {
    throw new GatewayError(
      "unsupported_parameter",
      `\`input\` is one text for ${provider}/${model}. Send a request for each, or ask for another model.`,
      { param: "input", fallback: true },
    );
  }
  nameEmbeddingLosses(request, losses);
  const { dimensions, inputType } = request.embedding ?? {};
  if (inputType !== undefined) losses.tuning("input_type");
  return present({ inputText: textOf(message, losses), dimensions });
};

/** Embeddings of Amazon's and Cohere's models on Bedrock, each in its maker's own format. */
export const bedrockEmbeddings: BackDialect = {
  id: "bedrock-embeddings",
  encodeRequest,
  decodeReply: (body, options) => {
    if (isCohere(options.model)) {
      const { embeddings } = body;
      // By their type where it was asked for, else as a list.
      const list = Array.isArray(embeddings) ? embeddings : arrayIn(objectIn(body, "embeddings") ?? {}, "float");
      return toEvents({ vectors: list.map(readVector) }, options);
    }
    const inputTokens = tokenCount(body["inputTextTokenCount"]);
    const usage = inputTokens === undefined ? undefined : { inputTokens, outputTokens: 0 };
    return toEvents({ vectors: [readVector(body["embedding"])], usage }, options);
  },
  createDecoder,
  decodeError,
};
