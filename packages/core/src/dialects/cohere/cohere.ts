import type { BackDialect } from "../dialect.ts";
import { isWebAddress } from "../media-address.ts";
import { decodeReply } from "./decode-reply.ts";
import { encodeRequest } from "./encode-request.ts";
import { decodeError } from "./errors.ts";
import { dialectId } from "./identity.ts";
import { createDecoder } from "./stream-decoder.ts";

/** Cohere's own chat (`/v2/chat`), as a provider speaks it. The base URL ends with the API's version. */
export const cohere: BackDialect = {
  id: dialectId,
  encodeRequest,
  decodeReply,
  createDecoder,
  decodeError,
  needsData: ({ type, source }) => type === "file" && isWebAddress(source),
};
