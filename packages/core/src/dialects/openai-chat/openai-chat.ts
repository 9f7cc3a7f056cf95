import type { BackDialect, FrontDialect } from "../dialect.ts";
import { decodeReply, isBroken } from "./decode-reply.ts";
import { decodeRequest } from "./decode-request.ts";
import { encodeReply } from "./encode-reply.ts";
import { encodeRequest } from "./encode-request.ts";
import { isWebAddress } from "../media-address.ts";
import { decodeError, encodeError } from "../openai-errors.ts";
import { passes } from "./passes.ts";
import { dialectId } from "./identity.ts";
import { promptCaching } from "./prompt-caching.ts";
import { createDecoder } from "./stream-decoder.ts";
import { createEncoder } from "./stream-encoder.ts";

/** OpenAI's Chat Completions: what most clients and most servers speak, with OpenRouter's extensions. */
export const openaiChat: FrontDialect & BackDialect = {
  id: dialectId,
  decodeRequest,
  encodeReply,
  passes,
  createEncoder,
  encodeError,
  heartbeat: ": keepalive\n\n",
  encodeRequest,
  decodeReply,
  isBroken,
  createDecoder,
  decodeError,
  needsData: ({ type, source }) => type !== "image" && isWebAddress(source),
  wantsReasoning: ({ reasoningField, thoughtSignatures }) => reasoningField !== undefined || thoughtSignatures === true,
  promptCaching,
};
