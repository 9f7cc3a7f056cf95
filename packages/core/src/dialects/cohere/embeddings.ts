import type { ChatRequest } from "../../chat/request.ts";
import type { BackDialect, BackTarget, EncodedRequest } from "../dialect.ts";
import { encodeTexts } from "../embeddings/cohere-texts.ts";
import { toEvents } from "../embeddings/to-events.ts";
import { createDecoder } from "../embeddings/unstreamed.ts";
import { readVector } from "../embeddings/vector.ts";
import { arrayIn, objectIn, stringIn } from "../fields.ts";
import { createLosses } from "../losses.ts";
import { decodeError } from "./errors.ts";
import { toUsage } from "./usage.ts";

const encodeRequest = (request: ChatRequest, target: BackTarget): EncodedRequest => {
  const losses = createLosses(target);
  const body = { model: target.model, ...encodeTexts(request, losses) };
  return { path: "/embed", body: JSON.stringify(body), dropped: losses.dropped };
};

/** Cohere's embeddings. https://docs.cohere.com/reference/embed */
export const cohereEmbeddings: BackDialect = {
  id: "cohere-embed",
  encodeRequest,
  decodeReply: (body, options) => {
    const vectors = arrayIn(objectIn(body, "embeddings") ?? {}, "float").map(readVector);
    const usage = toUsage(objectIn(body, "meta") ?? {});
    return toEvents({ id: stringIn(body, "id"), vectors, usage }, options);
  },
  createDecoder,
  decodeError,
};
