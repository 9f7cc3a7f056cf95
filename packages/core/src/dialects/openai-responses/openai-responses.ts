import type { BackDialect, CountDialect, FrontDialect } from "../dialect.ts";
import { numberIn } from "../fields.ts";
import { openaiCaching } from "../openai-cache.ts";
import { decodeError, encodeError } from "../openai-errors.ts";
import { decodeReply } from "./decode-reply.ts";
import { decodeRequest } from "./decode-request.ts";
import { encodeReply } from "./encode-reply.ts";
import { encodeCountRequest, encodeRequest } from "./encode-request.ts";
import { restate } from "./restate.ts";
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
  restate,
  createEncoder,
  encodeError,
  heartbeat: ": keepalive\n\n",
  encodeRequest,
  decodeReply,
  createDecoder,
  decodeError,
  wantsReasoning: () => true,
  keepsReasoning: true,
  promptCaching: ({ quirks }) => openaiCaching(quirks),
  count: { encodeRequest: encodeCountRequest, decodeReply: (body) => numberIn(body, "input_tokens") },
};

/** The same for requests that only ask how many tokens they are. */
export const responsesCount: CountDialect = {
  ...openaiResponses,
  encodeCount: (inputTokens) => JSON.stringify({ object: "response.input_tokens", input_tokens: inputTokens }),
};
