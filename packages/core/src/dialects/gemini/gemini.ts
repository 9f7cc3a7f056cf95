import type { BackDialect, CountDialect, FrontDialect } from "../dialect.ts";
import { numberIn } from "../fields.ts";
import { decodeReply } from "./decode-reply.ts";
import { decodeCountRequest, decodeRequest } from "./decode-request.ts";
import { encodeCountRequest } from "./encode-count-request.ts";
import { encodeReply, writeCandidate } from "./encode-reply.ts";
import { encodeRequest } from "./encode-request.ts";
import { decodeError, encodeError } from "./errors.ts";
import { dialectId } from "./identity.ts";
import { needsItsType } from "./media.ts";
import { passes } from "./passes.ts";
import { createDecoder } from "./stream-decoder.ts";
import { createArrayEncoder, createEventEncoder } from "./stream-encoder.ts";

/**
 * Gemini's `generateContent`, as clients speak it to the gateway and as providers speak it. The base URL of a provider
 * ends with the API's version.
 */
export const gemini: FrontDialect & BackDialect = {
  id: dialectId,
  decodeRequest,
  encodeReply,
  passes,
  createEncoder: createEventEncoder,
  encodeError,
  isAskedBy: (header) => header("x-goog-api-key") !== undefined || header("x-goog-api-client") !== undefined,
  // Its clients fail on comments and blank lines, and drop a turn from their history for a chunk without a part.
  heartbeat: `data: {"candidates":[${writeCandidate(0, [])}]}\r\n\r\n`,
  encodeRequest,
  decodeReply,
  createDecoder,
  decodeError,
  needsData: needsItsType,
  wantsReasoning: () => true,
  count: { encodeRequest: encodeCountRequest, decodeReply: (body) => numberIn(body, "totalTokens") },
};

/** The same with its streams as one JSON array each, which is what clients get that do not ask for events. */
export const geminiArray: FrontDialect = {
  ...gemini,
  createEncoder: createArrayEncoder,
  encodeError: (error, requestId) => `[${gemini.encodeError(error, requestId)}]`,
  heartbeat: "\n",
  streamType: "application/json",
};

/** The same for requests that only ask how many tokens they are. */
export const geminiCount: CountDialect = {
  ...gemini,
  decodeRequest: decodeCountRequest,
  encodeCount: (inputTokens) => JSON.stringify({ totalTokens: inputTokens }),
};
