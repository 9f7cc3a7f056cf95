import type { FrontDialect } from "../dialect.ts";
import { encodeError } from "../openai-errors.ts";
import { decodeRequest } from "./decode-request.ts";
import { encodeReply } from "./encode-reply.ts";
import { dialectId } from "./identity.ts";
import { createEncoder } from "./stream-encoder.ts";

/** OpenAI's text completions, the predecessor of its chat, as clients speak it: any chat model answers. */
export const openaiCompletions: FrontDialect = {
  id: dialectId,
  decodeRequest,
  encodeReply,
  // Nobody behind the gateway speaks it, so there are no bytes to pass.
  passes: () => true,
  createEncoder,
  encodeError,
  heartbeat: ": keepalive\n\n",
};
