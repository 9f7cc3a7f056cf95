import type { BackDialect } from "../dialect.ts";
import { isWebAddress } from "../media-address.ts";
import { decodeReply } from "./decode-reply.ts";
import { encodeRequest } from "./encode-request.ts";
import { decodeError } from "./errors.ts";
import { dialectId } from "./identity.ts";
import { createDecoder } from "./stream-decoder.ts";

/** Ollama's own chat (`/api/chat`), as a server speaks it. The base URL is the server's address, without a path. */
export const ollama: BackDialect = {
  id: dialectId,
  encodeRequest,
  decodeReply,
  createDecoder,
  // Hosted models are streamed as `application/json`.
  streamType: "application/x-ndjson",
  decodeError,
  needsData: ({ source }) => isWebAddress(source),
};
