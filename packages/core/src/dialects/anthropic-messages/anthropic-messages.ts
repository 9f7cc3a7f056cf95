import { claudeCaching } from "../claude/prompt-caching.ts";
import type { BackDialect, CountDialect, FrontDialect } from "../dialect.ts";
import { numberIn } from "../fields.ts";
import { isWebAddress } from "../media-address.ts";
import { decodeReply } from "./decode-reply.ts";
import { decodeCountRequest, decodeRequest } from "./decode-request.ts";
import { encodeReply } from "./encode-reply.ts";
import { encodeCountRequest, encodeRequest } from "./encode-request.ts";
import { decodeError, encodeError } from "./errors.ts";
import { betaHeader } from "./betas.ts";
import { dialectId } from "./identity.ts";
import { createDecoder } from "./stream-decoder.ts";
import { createEncoder } from "./stream-encoder.ts";

/** Anthropic's Messages API, as clients speak it to the gateway and as providers speak it. */
export const anthropicMessages: FrontDialect & BackDialect = {
  id: dialectId,
  decodeRequest,
  encodeReply,
  // Clients of this dialect cannot ask to be told less.
  passes: () => true,
  createEncoder,
  encodeError,
  heartbeat: 'event: ping\ndata: {"type":"ping"}\n\n',
  featureHeaders: [betaHeader],
  isAskedBy: (header) => header("anthropic-version") !== undefined,
  requestIdHeader: "request-id",
  encodeRequest,
  decodeReply,
  createDecoder,
  decodeError,
  needsData: ({ source }, { quirks }) => quirks.mediaUrls === false && isWebAddress(source),
  wantsReasoning: () => true,
  sharesProofs: true,
  keepsReasoning: true,
  promptCaching: ({ model, info }) => claudeCaching(model, info),
  count: { encodeRequest: encodeCountRequest, decodeReply: (body) => numberIn(body, "input_tokens") },
};

/** The same for requests that only ask how many tokens they are. */
export const anthropicCount: CountDialect = {
  ...anthropicMessages,
  decodeRequest: decodeCountRequest,
  encodeCount: (inputTokens) => JSON.stringify({ input_tokens: inputTokens }),
};
