import type { BackDialect, FrontDialect } from "../dialect.ts";
import { createDecoder, createEncoder } from "../embeddings/unstreamed.ts";
import { decodeError, encodeError } from "../openai-errors.ts";
import { decodeReply, isBroken } from "./decode-reply.ts";
import { decodeRequest } from "./decode-request.ts";
import { encodeReply } from "./encode-reply.ts";
import { encodeRequest } from "./encode-request.ts";
import { dialectId } from "./identity.ts";
import { passes } from "./passes.ts";

/** OpenAI's embeddings, as clients and many providers speak them. https://platform.openai.com/docs/api-reference/embeddings */
export const openaiEmbeddings: FrontDialect & BackDialect = {
  id: dialectId,
  decodeRequest,
  encodeReply,
  passes,
  createEncoder,
  encodeError,
  heartbeat: "",
  encodeRequest,
  decodeReply,
  isBroken,
  createDecoder,
  decodeError,
};
