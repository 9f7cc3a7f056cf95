import type { BackDialect, FrontDialect } from "../dialect.ts";
import { decodeReply } from "./decode-reply.ts";
import { decodeRequest } from "./decode-request.ts";
import { encodeReply } from "./encode-reply.ts";
import { encodeRequest } from "./encode-request.ts";
import { decodeError, encodeError } from "./errors.ts";
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
  encodeRequest,
  decodeReply,
  createDecoder,
  decodeError,
};
