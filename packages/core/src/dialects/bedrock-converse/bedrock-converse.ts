import type { BackDialect } from "../dialect.ts";
import { numberIn } from "../fields.ts";
import { isWebAddress } from "../media-address.ts";
import { decodeReply } from "./decode-reply.ts";
import { encodeCountRequest, encodeRequest } from "./encode-request.ts";
import { decodeError } from "./errors.ts";
import { dialectId } from "./identity.ts";
import { promptCaching } from "./prompt-caching.ts";
import { createDecoder } from "./stream-decoder.ts";

/** Amazon Bedrock's Converse API, as a provider speaks it. */
export const bedrockConverse: BackDialect = {
  id: dialectId,
  encodeRequest,
  decodeReply,
  createDecoder,
  decodeError,
  needsData: ({ source }) => isWebAddress(source),
  wantsReasoning: () => true,
  sharesProofs: true,
  promptCaching,
  count: { encodeRequest: encodeCountRequest, decodeReply: (body) => numberIn(body, "inputTokens") },
};
