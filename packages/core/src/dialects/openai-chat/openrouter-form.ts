import type { GatewayError } from "../../errors.ts";
import type { FrontDialect, Json } from "../dialect.ts";
import { present } from "../fields.ts";
import { encodeReply } from "./encode-reply.ts";
import { openaiChat } from "./openai-chat.ts";
import { createEncoder } from "./stream-encoder.ts";

const byStatus: ReadonlyMap<number, string> = new Map([
  [400, "invalid_request"],
  [401, "authentication"],
  [402, "payment_required"],
  [403, "permission_denied"],
  [404, "not_found"],
  [408, "timeout"],
  [413, "payload_too_large"],
  [422, "unprocessable"],
  [429, "rate_limit_exceeded"],
  [502, "provider_unavailable"],
  [503, "provider_overloaded"],
  [504, "timeout"],
]);

/** What OpenRouter calls an error of ours. */
const errorType = ({ code, status }: GatewayError): string => {
  if (code === "context_length_exceeded") return code;
  if (code === "content_filter" || code === "upstream_content_filter") return "content_policy_violation";
  return byStatus.get(status) ?? "server";
};

/** The `error` object as OpenRouter's clients check it: its `code` is the status as a number. */
const errorObject = (error: GatewayError): Json => ({
  code: error.status,
  message: error.message,
  metadata: present({ error_type: errorType(error), code: error.code, param: error.param }),
});

/**
 * The chat dialect as OpenRouter's own clients expect it, which check every answer and refuse one that is not quite as
 * OpenRouter writes it. So nothing passes as it came: providers leave fields out, and write null where these want none.
 */
export const openrouterChat: FrontDialect = {
  ...openaiChat,
  isAskedBy: (header) => /\bopenrouter\b/i.test(header("user-agent") ?? ""),
  // Usage and its cost are part of every answer of OpenRouter's.
  decodeRequest: (body) => ({ ...openaiChat.decodeRequest(body), includeUsage: true, includeCost: true }),
  passes: () => false,
  encodeReply: (reply, options) => {
    const { systemFingerprint } = reply;
    return encodeReply(reply, options, systemFingerprint === undefined ? { system_fingerprint: null } : {});
  },
  createEncoder: (options) => createEncoder(options, { errorObject, passesFrames: false, announcesUsage: false }),
  encodeError: (error) => JSON.stringify({ error: errorObject(error) }),
};
