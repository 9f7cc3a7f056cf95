import { createHash } from "node:crypto";

/**
 * An id for a tool call whose provider gave none: the same for the same call, and for no other of any request. It fits
 * what every dialect takes for an id.
 *
 * @param ordinal Place among the calls of its choice, or of the answer where calls are counted across choices.
 */
export const madeCallId = (requestId: string, ordinal: number, choice = 0): string =>
  `call_${createHash("sha256").update(`${requestId} ${choice} ${ordinal}`).digest("hex").slice(0, 24)}`;
