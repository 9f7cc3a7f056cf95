import type { BackDialect, FrontDialect } from "../dialect.ts";
import { decodeError, encodeError } from "../openai-errors.ts";
import { decodeReply } from "./decode-reply.ts";
import { decodeRequest } from "./decode-request.ts";
import { encodeReply } from "./encode-reply.ts";
import { encodeRequest } from "./encode-request.ts";
import { dialectId } from "./identity.ts";
import { createDecoder } from "./stream-decoder.ts";
import { createEncoder } from "./stream-encoder.ts";

/** OpenAI's Responses API, as clients speak it to the gateway and as providers speak it. */
export const openaiResponses: FrontDialect & BackDialect = {
  id: dialectId,
  decodeRequest,
  encodeReply,
  // Clients of this dialect cannot ask to be told less.
  passes: () => true,
  createEncoder,
  encodeError,
  heartbeat: ": keepalive\n\n",
  encodeRequest,
  decodeReply,
  createDecoder,
  decodeError,
};
